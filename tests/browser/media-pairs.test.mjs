// Each version of openvidu-browser publishes to and subscribes to each: decoded frames and heard sound are counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LIBRARIES, Page } from './rig.mjs';
import { stage } from './stage.mjs';

let server, browser;
stage((it) => ({ server, browser } = it));

const versions = Object.keys(LIBRARIES);
for (const [at, one] of versions.entries()) {
  for (const other of versions.slice(at)) {
    test(`${one} and ${other} see and hear each other`, async () => {
      const session = await server.session();
      const first = await Page.open(browser, server, one);
      const second = await Page.open(browser, server, other);
      try {
        await first.call('join', await server.token(session));
        await first.call('publish');
        await second.call('join', await server.token(session));
        await second.call('publish');
        for (const page of [first, second]) {
          await page.until('30 frames and a second of sound', 'flows', 30, 50);
        }
        const { json } = await server.rest('GET', `/sessions/${session}`);
        assert.equal(json.connections.numberOfElements, 2);
        for (const connection of json.connections.content) {
          assert.equal(connection.publishers.length, 1);
          assert.equal(connection.subscribers.length, 1);
        }
      } finally {
        await first.close();
        await second.close();
      }
    });
  }
}

test('a publisher that asks for it gets its own picture and sound back', async () => {
  for (const version of versions) {
    const page = await Page.open(browser, server, version);
    await page.call('join', await server.token(await server.session()));
    await page.call('publish', { loopback: true });
    // One's own sound is not played, so its packets are counted instead of its loudness.
    await page.until('own frames', 'flows', 30, 50, { frames: 0, audio: 0, energy: -1 });
    await page.close();
  }
});

test('sound alone and pictures alone arrive', async () => {
  const session = await server.session();
  const [talker, watcher] = [await Page.open(browser, server), await Page.open(browser, server, '2.18.0')];
  await talker.call('join', await server.token(session));
  await talker.call('publish', { video: false });
  await watcher.call('join', await server.token(session));
  await watcher.call('publish', { audio: false });
  await watcher.until('sound', 'flows', 0, 50);
  await talker.until('pictures', 'flows', 30, 0);
  await talker.close();
  await watcher.close();
});
