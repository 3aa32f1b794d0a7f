// The echo contact: it accepts at once, and sends back one's own picture and sound.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { io } from 'socket.io-client';

import { LIBRARIES, Page } from './rig.mjs';
import { stage } from './stage.mjs';

let server, browser;
stage((it) => ({ server, browser } = it));

async function post(path, body) {
  const response = await fetch(`${server.hubUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

for (const version of Object.keys(LIBRARIES)) {
  test(`a call to echo brings one's own picture and sound back (${version})`, async () => {
    const socket = io(server.hubUrl, { transports: ['websocket'], forceNew: true });
    const login = `man-${version.replaceAll('.', '-')}`;
    const { sid } = await socket.timeout(5_000).emitWithAck('login', { login, version: 2, device: { id: 'd', name: 'D' } });
    const accepted = new Promise((resolve) => socket.once('accepted', resolve));
    const call_id = randomUUID();
    const placed = await post('/call', { sid, login: 'echo', call_id, mode: 'two_way', media: 'video' });
    assert.equal(placed.status, 0, JSON.stringify(placed));
    const { session } = await accepted;

    const page = await Page.open(browser, server, version);
    await page.call('join', await server.token(session));
    await page.call('publish');
    await page.until('my own picture and sound', 'flows', 30, 50);
    assert.equal((await page.call('streams')).length, 1);
    await page.call('mute', 'video', false);
    const changed = await page.event('streamPropertyChanged');
    assert.equal(changed.property, 'videoActive');
    await page.call('unpublish');
    await page.event('streamDestroyed');
    assert.equal((await page.call('streams')).length, 0, 'what is echoed no more is gone');
    await post('/hangup', { sid, call_id });
    await page.event('sessionDisconnected');
    await page.close();
    socket.close();
  });
}
