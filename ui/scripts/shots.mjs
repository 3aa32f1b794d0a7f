// Screenshots of every window and state, light and dark, English and Russian, into target/shots/.
// Words that stand out too little from what is behind them (WCAG AA), and what is cut off at a window's edge without a way
// to scroll there, are errors here, where there is a real renderer.
// Run by `npm run shots` after the pages were built with a made-up core (`vite build --mode shots`).
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { shots } from './windows.mjs';

const site = fileURLToPath(new URL('../../target/shots-site', import.meta.url));
const out = fileURLToPath(new URL('../../target/shots', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Runs in the page: what can be pressed or read and lies outside of the window, out of reach of any scrolling. */
function cutOff() {
  const reach = (element) => {
    for (let above = element.parentElement; above; above = above.parentElement)
      if (/auto|scroll/.test(getComputedStyle(above).overflowY) && above.scrollHeight > above.clientHeight) return true;
    return false;
  };
  return [...document.querySelectorAll('button, input, h1, h2, p, strong')]
    .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((element) => {
      const { left, right, top, bottom, width } = element.getBoundingClientRect();
      const beside = left < -1 || right > innerWidth + 1;
      const beyond = top < -1 || bottom > innerHeight + 1;
      return width > 1 && (beside || (beyond && !reach(element)));
    })
    .map((element) => `cut off: ${element.outerHTML.slice(0, 120)}`);
}

const server = createServer((request, response) => {
  const path = join(site, normalize(new URL(request.url ?? '/', 'http://here').pathname));
  if (!path.startsWith(site) || !existsSync(path)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' });
  return createReadStream(path).pipe(response);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const only = process.argv[2];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const axe = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
const wrong = [];
let count = 0;
for (const colorScheme of ['light', 'dark']) {
  for (const locale of ['en-GB', 'ru-RU']) {
    const context = await browser.newContext({ colorScheme, locale, deviceScaleFactor: 2, reducedMotion: 'reduce' });
    for (const { name, page: file, width, height, scenario, act } of shots) {
      if (only && !name.startsWith(only)) continue;
      const page = await context.newPage();
      page.on('pageerror', (error) => {
        throw error;
      });
      await page.setViewportSize({ width, height });
      await page.goto(`${origin}/${file}#${scenario}`);
      await page.waitForSelector('main');
      if (act) await act(page);
      if (file === 'call.html' && !name.endsWith('hidden')) await page.mouse.move(width / 2, height / 3);
      // What fades in has done so when every running transition has ended.
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
      await page.screenshot({ path: join(out, `${name}-${colorScheme}-${locale.slice(0, 2)}.png`) });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ['color-contrast'] }));
      const found = violations.flatMap(({ nodes }) => nodes.map((node) => `${node.html} ${node.any[0]?.message}`));
      found.push(...(await page.evaluate(cutOff)));
      wrong.push(...found.map((what) => `${name} ${colorScheme} ${locale}: ${what}`));
      await page.close();
      count += 1;
    }
    await context.close();
  }
}
await browser.close();
server.close();
console.log(`${count} screenshots in target/shots`);
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exitCode = 1;
}
