// Contract A against the hub, with the npm socket.io-client and plain HTTP, exactly as its table spells it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Peer, post } from './hub-side.mjs';
import { Server } from './rig.mjs';

let server;
before(async () => {
  server = await Server.start({ args: ['--ring-seconds', '2'] });
});
after(() => server?.stop());

test('a page rings another, which accepts with beasy and ends with free', async () => {
  const [man, woman] = [await Peer.page(server, 'man'), await Peer.page(server, 'woman')];
  const answer = await post(server, '/call', { login: 'woman', sid: man.sid });
  assert.equal(answer.http, 200);
  assert.deepEqual([answer.status, typeof answer.message], [0, 'string']);
  assert.deepEqual(await woman.hears('calling'), { name: 'calling', login: 'man' }, 'the event has nothing but the login');
  assert.equal((await post(server, '/status', { sid: woman.sid, status: 'beasy' })).status, 0);
  await man.hearsNothingMore();
  const third = await Peer.page(server, 'third');
  const busy = await post(server, '/call', { login: 'woman', sid: third.sid });
  assert.equal(busy.http, 200);
  assert.notEqual(busy.status, 0);
  assert.match(busy.message, /busy/);
  assert.equal((await post(server, '/status', { sid: woman.sid, status: 'free' })).status, 0);
  assert.equal((await post(server, '/call', { login: 'woman', sid: third.sid })).status, 0);
  for (const peer of [man, woman, third]) await peer.leave();
});

test('a declined caller hears who declined', async () => {
  const [man, woman] = [await Peer.page(server, 'man'), await Peer.page(server, 'woman')];
  await post(server, '/call', { login: 'woman', sid: man.sid });
  await woman.hears('calling');
  const answer = await post(server, '/decline', { sid: woman.sid, reciever_login: 'man' });
  assert.deepEqual([answer.http, answer.status], [200, 0]);
  assert.deepEqual(await man.hears('declined'), { name: 'declined', login: 'woman' });
  for (const peer of [man, woman]) await peer.leave();
});

test('a caller that goes away is cancelled, and so is a ring that nobody answers', async () => {
  const [man, woman] = [await Peer.page(server, 'man'), await Peer.page(server, 'woman')];
  await post(server, '/call', { login: 'woman', sid: man.sid });
  await woman.hears('calling');
  await man.leave();
  assert.deepEqual(await woman.hears('cancelled'), { name: 'cancelled', login: 'man' });
  const again = await Peer.page(server, 'man');
  await post(server, '/call', { login: 'woman', sid: again.sid });
  await woman.hears('calling');
  assert.deepEqual(await woman.hears('cancelled'), { name: 'cancelled', login: 'man' });
  assert.deepEqual(await again.hears('declined'), { name: 'declined', login: 'woman' });
  for (const peer of [again, woman]) await peer.leave();
});

test('a caller without login is told what to do', async () => {
  const woman = await Peer.page(server, 'woman');
  const silent = await Peer.connect(server);
  for (const sid of [null, silent.socket.id, 'made-up', undefined]) {
    const answer = await post(server, '/call', { login: 'woman', sid });
    assert.deepEqual([answer.http, answer.status], [200, 1], String(sid));
    assert.match(answer.message, /login/);
  }
  await woman.hearsNothingMore();
  for (const peer of [silent, woman]) await peer.leave();
});

test('whoever is not there cannot be rung', async () => {
  const man = await Peer.page(server, 'man');
  const answer = await post(server, '/call', { login: 'nobody', sid: man.sid });
  assert.deepEqual([answer.http, answer.status !== 0, answer.code], [200, true, 'unknown_user']);
  await man.leave();
});

test('an app and a page call each other', async () => {
  const [man, woman] = [await Peer.app(server, 'man'), await Peer.page(server, 'woman')];
  const placed = await man.call('woman');
  assert.deepEqual([placed.session, placed.mode], ['woman', 'watch']);
  assert.deepEqual(await woman.hears('calling'), { name: 'calling', login: 'man' });
  await woman.post('/status', { status: 'beasy' });
  assert.equal((await man.hears('accepted')).session, 'woman');
  const token = await man.post('/token', { call_id: placed.call_id });
  assert.deepEqual([token.role, token.openvidu], ['SUBSCRIBER', server.mediaUrl]);
  await man.post('/hangup', { call_id: placed.call_id });
  assert.deepEqual(await woman.hears('cancelled'), { name: 'cancelled', login: 'man' });
  await man.hears('ended');

  await post(server, '/call', { login: 'man', sid: woman.sid });
  const ring = await man.hears('calling');
  assert.deepEqual([ring.session, ring.mode], ['man', 'watch']);
  assert.deepEqual(await man.post('/accept', { call_id: ring.call_id, media: 'video' }).then((a) => [a.status, a.session]), [0, 'man']);
  await woman.hearsNothingMore();
  for (const peer of [man, woman]) await peer.leave();
});
