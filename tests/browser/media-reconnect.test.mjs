// A websocket that is cut comes back; media that is cut is made anew; what was missed is told.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';

import { LIBRARIES, Page, until } from './rig.mjs';
import { stage } from './stage.mjs';

/** A TCP proxy that can be cut: what is open dies, and nothing new gets through until it is mended. */
class Proxy {
  static async start(port) {
    const server = net.createServer();
    const proxy = new Proxy(server, port);
    server.on('connection', (client) => proxy.connect(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }
  constructor(server, port) {
    Object.assign(this, { server, port, sockets: new Set(), whole: true });
  }
  connect(client) {
    if (!this.whole) return client.destroy();
    const upstream = net.connect(this.port, '127.0.0.1');
    for (const [from, to] of [[client, upstream], [upstream, client]]) {
      this.sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => (to.destroy(), this.sockets.delete(from)));
      from.pipe(to);
    }
  }
  cut() {
    this.whole = false;
    for (const socket of this.sockets) socket.destroy();
  }
  mend() {
    this.whole = true;
  }
  stop() {
    this.cut();
    this.server.close();
  }
}

let server, browser;
stage((it) => ({ server, browser } = it));

/** Two who see each other; the first one's websocket goes through a proxy. */
async function pair(version) {
  const proxy = await Proxy.start(server.mediaPort);
  const session = await server.session();
  const through = async () => {
    const token = await server.token(session);
    return token.replace(`:${server.mediaPort}`, `:${proxy.server.address().port}`);
  };
  const [first, second] = [await Page.open(browser, server, version), await Page.open(browser, server, version)];
  const firstId = await first.call('join', await through());
  await first.call('publish');
  const secondId = await second.call('join', await server.token(session));
  await second.call('publish');
  for (const page of [first, second]) await page.until('10 frames', 'flows', 10, 10);
  const close = async () => {
    await first.close();
    await second.close();
    proxy.stop();
  };
  return { proxy, session, first, second, firstId, secondId, close };
}

for (const version of Object.keys(LIBRARIES)) {
  test(`a cut websocket comes back and nobody has left (${version})`, async () => {
    const { proxy, first, second, secondId, close } = await pair(version);
    proxy.cut();
    await first.event('reconnecting');
    // What happens meanwhile is told afterwards.
    await second.call('signal', 'missed', 'chat');
    await second.call('mute', 'audio', false);
    proxy.mend();
    await first.event('reconnected');
    assert.equal((await first.event('signal:chat')).data, 'missed');
    assert.equal((await first.event('streamPropertyChanged')).property, 'audioActive');
    assert.equal((await first.call('events', 'streamCreated')).length, 1, 'a stream is announced once');
    assert.deepEqual(await second.call('events', 'connectionDestroyed'), []);
    assert.deepEqual(await first.call('events', 'sessionDisconnected'), []);
    await first.call('signal', 'back', 'chat', [secondId]);
    await until('the signal', async () => (await second.call('events', 'signal:chat')).some((it) => it.data === 'back'));
    for (const page of [first, second]) await page.until('pictures go on', 'flows', 20, 0, await page.call('media'));
    await close();
  });

  test(`a websocket that stays away is given up after ten seconds (${version})`, async () => {
    const { proxy, first, second, firstId, close } = await pair(version);
    proxy.cut();
    const gone = await second.event('connectionDestroyed');
    assert.equal(gone.connection, firstId);
    assert.equal(gone.reason, 'networkDisconnect');
    proxy.mend();
    assert.equal((await first.event('sessionDisconnected')).reason, 'networkDisconnect');
    await close();
  });
}

test('a publisher with a new peer connection keeps its subscribers', async () => {
  const { first, second, close } = await pair('2.32.2');
  await first.call('reconnectPublisher');
  await second.until('pictures go on', 'flows', 30, 50, await second.call('media'));
  assert.equal((await second.call('events', 'streamCreated')).length, 1, 'nobody is told of a new stream');
  assert.deepEqual(await second.call('events', 'streamDestroyed'), []);
  await second.call('reconnectSubscribers');
  await second.until('pictures go on', 'flows', 30, 50, { ...(await second.call('media')), frames: 0, audio: 0, energy: 0 });
  await close();
});
