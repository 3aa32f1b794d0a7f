// Screenshots of every window and state, light and dark, English and Russian, into target/shots/.
// Words that stand out too little from what is behind them (WCAG AA) are an error here, where there is a real renderer.
// Run by `npm run shots` after the pages were built with a made-up core (`vite build --mode shots`).
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const site = fileURLToPath(new URL('../../target/shots-site', import.meta.url));
const out = fileURLToPath(new URL('../../target/shots', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const main = { page: 'main.html', width: 380, height: 640 };
const wide = { page: 'main.html', width: 960, height: 640 };
const ring = { page: 'ring.html', width: 380, height: 232 };
const call = { page: 'call.html', width: 900, height: 640 };

/** Clicks the only control with this name, whatever the language: names are looked up by id where there is one. */
const press = (selector) => async (page) => page.click(selector);

const shots = [
  { name: 'main-people', ...main, scenario: 'office', act: async (page) => page.hover('ul li:nth-child(1)') },
  { name: 'main-recent', ...main, scenario: 'office', act: press('#tab-recent') },
  { name: 'main-typed', ...main, scenario: 'office', act: async (page) => page.fill('input', 'olga-7') },
  { name: 'main-nobody', ...main, scenario: 'alone' },
  { name: 'main-notices', ...main, scenario: 'notices' },
  { name: 'main-offline', ...main, scenario: 'offline' },
  { name: 'main-in-call', ...main, scenario: 'in-call' },
  { name: 'main-person', ...main, scenario: 'office', act: press('ul li:nth-child(1) button') },
  { name: 'main-wide', ...wide, scenario: 'office', act: press('ul li:nth-child(1) button') },
  { name: 'first-start', ...main, scenario: 'first' },
  { name: 'first-form', ...main, scenario: 'first', act: press('button:nth-of-type(2)') },
  { name: 'settings', ...main, scenario: 'office', act: press('header button') },
  {
    name: 'settings-tested',
    ...main,
    height: 900,
    scenario: 'office',
    act: async (page) => {
      await page.click('header button');
      await page.click('footer button:first-child');
      await page.waitForSelector('dl');
    },
  },
  { name: 'settings-changed', ...main, height: 980, scenario: 'changed', act: press('header button') },
  { name: 'ring-video', ...ring, scenario: 'ring-video' },
  { name: 'ring-audio', ...ring, scenario: 'ring-audio' },
  { name: 'ring-watch', ...ring, height: 260, scenario: 'ring-watch' },
  { name: 'ring-reply', ...ring, height: 320, scenario: 'ring-video', act: press('main > div:last-child button') },
  { name: 'call', ...call, scenario: 'call' },
  { name: 'call-muted', ...call, scenario: 'muted' },
  { name: 'call-hidden', ...call, scenario: 'call', act: async (page) => page.waitForSelector('main.hidden') },
  { name: 'call-small', ...call, width: 480, height: 360, scenario: 'call' },
  { name: 'call-calling', ...call, scenario: 'calling' },
  { name: 'call-connecting', ...call, scenario: 'connecting' },
  { name: 'call-reconnecting', ...call, scenario: 'reconnecting' },
  { name: 'call-no-camera', ...call, scenario: 'no-camera' },
  { name: 'call-watch', ...call, scenario: 'watch' },
  { name: 'call-shown', ...call, scenario: 'shown' },
  { name: 'call-voice', ...call, scenario: 'voice' },
  { name: 'call-busy', ...call, scenario: 'ended' },
  { name: 'call-declined', ...call, scenario: 'declined' },
];

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
const pale = [];
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
      pale.push(...found.map((what) => `${name} ${colorScheme} ${locale}: ${what}`));
      await page.close();
      count += 1;
    }
    await context.close();
  }
}
await browser.close();
server.close();
console.log(`${count} screenshots in target/shots`);
if (pale.length > 0) {
  console.error(pale.join('\n'));
  process.exitCode = 1;
}
