// The built main window at a real size: what a person must read or press is there to be read and pressed, also when its
// text is drawn twice as large.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startBrowser } from './rig.mjs';
import { mainWindow, startSite } from './window-side.mjs';

const where = {};

before(async () => {
  // These windows call nobody, so there is no server.
  where.site = await startSite({ mediaPort: 1 });
  where.browser = await startBrowser();
});

after(async () => {
  await where.browser?.close();
  where.site?.close();
});

const byte = (seed) => Array.from({ length: 32 }, (_, at) => ((at * 37 + seed) % 256).toString(16).padStart(2, '0'));
const certificate = {
  host: 'office.example:4443',
  fingerprint: byte(3).join(':').toUpperCase(),
  subject: 'CN=office.example',
  previous: byte(11).join(':').toUpperCase(),
};

/** The size that the window opens with (src-tauri/src/shell/windows.rs), its smallest, and the first with doubled text. */
const sizes = { opened: [380, 640], smallest: [320, 480], doubled: [190, 320] };

/** Runs in the page: what reaches beyond the window's sides, where nothing scrolls. */
function beside() {
  return [...document.querySelectorAll('button, input, label, h1, h2, p, strong, dd')]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 1)
    .filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < -1 || right > innerWidth + 1;
    })
    .map((element) => element.outerHTML.slice(0, 120));
}

/** Runs in the page: the lines in which each fingerprint is shown. */
function lines() {
  return [...document.querySelectorAll('dd')].map((shown) => {
    const text = shown.firstChild;
    const found = [];
    for (let at = 0; at < text.length; at += 1) {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      const { top } = range.getBoundingClientRect();
      if (found.at(-1)?.top !== top) found.push({ top, text: '' });
      found.at(-1).text += text.data[at];
    }
    return found.map((line) => line.text);
  });
}

for (const [name, [width, height]] of Object.entries(sizes)) {
  for (const locale of ['en-GB', 'ru-RU']) {
    test(`the first start and its form fit into a window that is ${name}, ${locale}`, async () => {
      const window = await mainWindow(where, { width, height, locale });
      assert.deepEqual(await window.page.evaluate(beside), []);
      await window.page.locator('button.choice').last().click();
      assert.deepEqual(await window.page.evaluate(beside), []);
      await window.close();
    });

    test(`a certificate can be compared and trusted in a window that is ${name}, ${locale}`, async () => {
      const window = await mainWindow(where, { width, height, locale, certificate });
      await window.page.locator('header button').click();
      const trust = window.page.locator('section[aria-labelledby="certificate-title"] button');
      await trust.waitFor();
      assert.deepEqual(await window.page.evaluate(beside), []);
      for (const shown of await window.page.evaluate(lines))
        assert.ok(
          shown.length > 1 && shown.slice(0, -1).every((line) => /^([0-9A-F]{2}:)+$/.test(line)),
          `no line ends within a byte: ${shown.join(' ')}`,
        );
      await window.page.waitForFunction(() => {
        const button = document.querySelector('section[aria-labelledby="certificate-title"] button');
        const { x, y, width, height } = button.getBoundingClientRect();
        const seen = (at) => button.contains(document.elementFromPoint(x + width / 2, at));
        // From its first to its last line of pixels: nothing lies over it.
        return seen(y + 1) && seen(y + height - 1);
      });
      await trust.click();
      assert.deepEqual((await window.told())[0], [
        'trust_certificate',
        { host: certificate.host, fingerprint: certificate.fingerprint },
      ]);
      await window.close();
    });
  }
}
