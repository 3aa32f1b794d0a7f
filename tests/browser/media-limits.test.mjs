// What the media server takes at the most, as set.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import WebSocket from 'ws';

import { Page, Server, startBrowser } from './rig.mjs';

test('a session has as many streams and participants as it may, and a message is as long as it may be', async () => {
  const args = ['--streams-per-session', '1', '--participants-per-session', '2', '--media-message-bytes', '100000'];
  const server = await Server.start({ tls: 'off', args });
  const browser = await startBrowser();
  try {
    const session = await server.session();
    const [first, second, third] = [await Page.open(browser, server), await Page.open(browser, server), await Page.open(browser, server)];
    await first.call('join', await server.token(session));
    await second.call('join', await server.token(session));
    await first.call('publish');
    assert.notEqual(await second.call('publishFails', {}), null, 'a second stream was taken');
    await first.call('unpublish');
    await second.event('streamDestroyed');
    await second.call('publish');
    assert.notEqual(await third.call('joinFails', await server.token(session)), null, 'a third participant was taken');
    await second.call('leave');
    await first.event('connectionDestroyed');
    await third.call('join', await server.token(session));

    const ping = (padding) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { padding: 'x'.repeat(padding) } });
    const socket = new WebSocket(server.websocketUrl);
    await once(socket, 'open');
    socket.send(ping(90_000));
    const [data] = await once(socket, 'message');
    assert.equal(JSON.parse(data).result.value, 'pong');
    const closed = once(socket, 'close');
    socket.send(ping(110_000));
    await closed;
    assert.ok(await server.alive());
    for (const page of [first, second, third]) await page.close();
  } finally {
    await browser.close();
    await server.stop();
  }
});
