// The server is stopped as a service is, and started again: whoever was there comes back by itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { io } from 'socket.io-client';

import { Peer } from './hub-side.mjs';
import { Page, Server, startBrowser, until } from './rig.mjs';

/** A device that logs in at every connection, as apps do, with npm's client and its own reconnecting. */
async function device(server, login) {
  const socket = io(server.hubUrl, { transports: ['websocket'], forceNew: true });
  const it = { socket, acks: [], heard: [], lost: [] };
  let seq;
  socket.onAny((name, payload) => {
    if (name === 'presence') return;
    seq = payload.seq ?? seq;
    it.heard.push(name);
  });
  socket.on('disconnect', (reason) => it.lost.push(reason));
  socket.on('connect', async () => {
    const about = { id: `${login}-pc`, name: 'pc', platform: 'linux', app_version: '0' };
    it.acks.push(await socket.emitWithAck('login', { login, version: 2, device: about, last_seq: seq }));
  });
  await until(`${login} is logged in`, () => it.acks.length === 1);
  return it;
}

test('a stop tells everybody, and who comes back finds the ring alive', async () => {
  const first = await Server.start({ tls: 'off' });
  const browser = await startBrowser();
  let second, woman;
  try {
    woman = await device(first, 'woman');
    const man = await Peer.app(first, 'man');
    const page = await Page.open(browser, first);
    await page.call('join', await first.token(await first.session()));
    const { call_id, status } = await man.call('woman');
    assert.equal(status, 0);
    await until('it rings', () => woman.heard.includes('calling'));

    const gone = once(man.socket, 'disconnect');
    const { code, ms } = await first.terminate();
    assert.equal(code, 0, first.log);
    assert.ok(ms < 15_000, `it took ${ms} ms`);
    // Were it `io server disconnect`, npm's client would not come back.
    assert.deepEqual(await gone.then(([reason]) => reason), 'transport close');
    assert.equal((await page.event('sessionDisconnected')).reason, 'openviduServerStopped');

    second = await Server.start({ tls: 'off', dataDir: first.dataDir, ports: [first.hubPort, first.mediaPort] });
    await until('the device is back', () => woman.acks.length === 2);
    assert.deepEqual(woman.lost, ['transport close']);
    const [ring] = woman.acks[1].pending;
    assert.equal(ring.call_id, call_id, JSON.stringify(woman.acks[1]));
    assert.deepEqual(woman.heard, ['calling'], 'nothing rings twice, and nothing is missed');
    const accepted = await fetch(`${second.hubUrl}/accept`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sid: woman.socket.id, call_id }),
    });
    assert.equal((await accepted.json()).status, 0);
  } finally {
    woman?.socket.disconnect();
    await browser.close();
    await second?.stop();
    await first.stop();
  }
});
