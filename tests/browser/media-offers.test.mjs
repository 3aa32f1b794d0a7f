// A server that makes the offers: both versions of openvidu-browser answer them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { LIBRARIES, Page, Server, startBrowser, until } from './rig.mjs';

let server, browser;
before(async () => {
  server = await Server.start({ args: ['--server-offers'], env: { RUST_LOG: 'info' } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What the page has sent and been sent over its websocket, as text. */
function listen(page) {
  const frames = [];
  page.page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => frames.push(String(payload)));
    socket.on('framereceived', ({ payload }) => frames.push(String(payload)));
  });
  return (method) => frames.filter((it) => it.includes(`"method":"${method}"`)).map((it) => JSON.parse(it));
}

for (const version of Object.keys(LIBRARIES)) {
  test(`two are offered each other's stream, and reconnect (${version})`, async () => {
    const session = await server.session();
    const [first, second] = [await Page.open(browser, server, version), await Page.open(browser, server, version)];
    const said = listen(second);
    try {
      await first.call('join', await server.token(session));
      await first.call('publish');
      await second.call('join', await server.token(session));
      await second.call('publish');
      for (const page of [first, second]) await page.until('30 frames and a second of sound', 'flows', 30, 50);
      assert.equal(said('prepareReceiveVideoFrom').length, 1);
      const [{ params }] = said('receiveVideoFrom');
      assert.ok(params.sdpAnswer && !params.sdpOffer, JSON.stringify(params));
      const { json } = await server.rest('GET', `/sessions/${session}`);
      assert.deepEqual(json.connections.content.map((it) => it.subscribers.length), [1, 1]);

      await second.call('reconnectSubscribers');
      await second.until('pictures go on', 'flows', 30, 50, { frames: 0, audio: 0, energy: 0 });
      const [again] = said('reconnectStream');
      assert.ok(again.params.sdpString && !again.params.sdpOffer, JSON.stringify(again));
      assert.equal(said('prepareReceiveVideoFrom')[1].params.reconnect, true);
      await first.call('reconnectPublisher');
      await second.until('pictures go on', 'flows', 30, 50, await second.call('media'));
      assert.equal((await second.call('events', 'streamCreated')).length, 1);
    } finally {
      await first.close();
      await second.close();
    }
  });
}

test('sound alone and pictures alone are offered', async () => {
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

test('a stream that was unsubscribed from is offered again', async () => {
  const session = await server.session();
  const [first, second] = [await Page.open(browser, server), await Page.open(browser, server)];
  await first.call('join', await server.token(session));
  const stream = await first.call('publish');
  await second.call('join', await server.token(session));
  await second.until('frames', 'flows', 10, 10);
  await second.call('unsubscribe', stream);
  await until('nobody is subscribed', async () => {
    const { json } = await server.rest('GET', `/sessions/${session}`);
    return json.connections.content.every((it) => it.subscribers.length === 0);
  });
  await second.call('subscribeAgain', stream);
  await second.until('frames', 'flows', 20, 20);
  await first.close();
  await second.close();
});
