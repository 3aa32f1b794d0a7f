// Browsers that send their picture in several sizes, and get each other's largest that their link takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Page, Server, figures, freePort, startBrowser, until } from './rig.mjs';

const LARGEST = 640;

/** Two pages of a server with these flags, of which one publishes and the other sees it; both are closed after `look`. */
async function seen(args, look) {
  const server = await Server.start({ args: ['--server-offers', ...args] });
  const browser = await startBrowser();
  try {
    const session = await server.session();
    const [sender, viewer] = [await Page.open(browser, server), await Page.open(browser, server)];
    await viewer.call('join', await server.token(session));
    await sender.call('join', await server.token(session));
    await sender.call('publish');
    await viewer.until('30 frames and a second of sound', 'flows', 30, 50);
    await look(sender, viewer);
    await sender.close();
    await viewer.close();
  } finally {
    await browser.close();
    await server.stop();
  }
}

test('a browser sends several sizes when the server asks for it, and the other one comes to see the largest', async () => {
  const port = await freePort();
  await seen(['--simulcast', '--metrics-listen', `127.0.0.1:${port}`], async (sender, viewer) => {
    const sizes = await until('several sizes are sent', async () => {
      const sent = (await sender.call('pictures')).out.filter((it) => it.rid && it.frames > 0);
      return sent.length > 1 && sent;
    });
    assert.equal(new Set(sizes.map((it) => it.rid)).size, sizes.length);
    const largest = async () => (await viewer.call('pictures')).into.some((it) => it.width === LARGEST);
    await until('the largest is seen', largest, 60_000);
    const before = (await viewer.call('pictures')).into.find((it) => it.width === LARGEST).frames;
    await until('it goes on', async () => (await viewer.call('pictures')).into[0].frames > before + 30);
    assert.ok(await largest());
    const { zvonok_media_layer_switches_total: switches } = await figures(port);
    assert.ok(switches >= 1, `it began with a smaller one: ${switches} changes are told`);
  });
});

test('who says that there is little room for a picture gets a small one, and the large one again', async () => {
  await seen(['--simulcast'], async (sender, viewer) => {
    const width = async () => (await viewer.call('pictures')).into[0].width;
    await until('the largest is seen', async () => (await width()) === LARGEST, 60_000);
    await viewer.call('shows', 160, 120);
    await until('a smaller one is seen', async () => (await width()) < LARGEST, 30_000);
    const frames = async () => (await viewer.call('pictures')).into[0].frames;
    const before = await frames();
    await until('it goes on', async () => (await frames()) > before + 60);
    assert.ok((await width()) < LARGEST);
    await viewer.call('shows', 1280, 960);
    await until('the largest is seen again', async () => (await width()) === LARGEST, 60_000);
  });
});

test('sizes are not asked for unless the server does', async () => {
  await seen([], async (sender, viewer) => {
    assert.equal((await sender.call('pictures')).out.length, 1);
  });
});
