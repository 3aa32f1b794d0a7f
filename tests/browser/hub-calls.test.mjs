// Contract B against the hub: calls between devices that negotiated it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Peer } from './hub-side.mjs';
import { Server, until } from './rig.mjs';

let server;
before(async () => {
  server = await Server.start({ args: ['--ring-seconds', '2'] });
});
after(() => server?.stop());

/** Two people of their own for one test. */
let pairs = 0;
async function pair() {
  pairs += 1;
  return [await Peer.app(server, `man-${pairs}`), await Peer.app(server, `woman-${pairs}`)];
}

test('login is acknowledged with everything a client needs', async () => {
  const [man, woman] = await pair();
  const { ack } = woman;
  assert.deepEqual([ack.version, ack.ring_ttl_ms, ack.seq, ack.pending], [2, 2_000, 0, []]);
  assert.deepEqual(ack.me, { login: woman.login, name: woman.login, role: 'user', status: 'available' });
  assert.ok(ack.features.includes('tokens'));
  const contact = (login) => ack.roster.find((person) => person.login === login);
  assert.deepEqual([contact(man.login).status, contact('echo').name], ['available', 'Echo test']);
  assert.ok(!JSON.stringify(ack.roster).includes(man.sid), 'a socket id is for its owner only');
  assert.equal(ack.sid, woman.socket.id);
});

test('ring, acknowledge, accept, tokens, hang up', async () => {
  const [man, woman] = await pair();
  const placed = await man.call(woman.login);
  assert.deepEqual([placed.status, placed.devices.map((device) => device.name)], [0, ['pc']]);
  const ring = await woman.hears('calling');
  assert.deepEqual([ring.from, ring.mode, ring.media, ring.session], [{ login: man.login, name: man.login }, 'two_way', 'video', placed.session]);
  assert.deepEqual(await woman.socket.emitWithAck('ring_ack', { call_id: placed.call_id, state: 'shown' }), {});
  assert.equal((await man.hears('ringing')).devices[0].state, 'shown');
  const accepted = await woman.post('/accept', { call_id: placed.call_id, media: 'video' });
  assert.deepEqual([accepted.session, accepted.mode], [placed.session, 'two_way']);
  assert.deepEqual((await man.hears('accepted')).device.name, 'pc');
  for (const peer of [man, woman]) {
    const token = await peer.post('/token', { call_id: placed.call_id });
    assert.deepEqual([token.status, token.role, token.openvidu], [0, 'PUBLISHER', server.mediaUrl]);
    assert.match(token.token, /^wss:.*sessionId=.*token=tok_/);
  }
  assert.equal((await server.rest('GET', `/sessions/${placed.session}`)).status, 200);
  await man.post('/hangup', { call_id: placed.call_id });
  const ended = await woman.hears('ended');
  assert.deepEqual([ended.reason, ended.by], ['hangup', man.login]);
  await until('the session is closed', async () => (await server.rest('GET', `/sessions/${placed.session}`)).status === 404);
  assert.equal((await woman.post('/token', { call_id: placed.call_id })).code, 'not_in_call');
  const { calls } = await woman.get('/calls');
  assert.deepEqual([calls[0].direction, calls[0].outcome, calls[0].with], ['in', 'answered', [man.login]]);
});

test('decline with words, cancel, miss', async () => {
  const [man, woman] = await pair();
  let { call_id, status } = await man.call(woman.login);
  assert.equal(status, 0);
  await woman.hears('calling');
  await woman.post('/decline', { call_id, reason: 'declined', message: 'later' });
  const declined = await man.hears('declined');
  assert.deepEqual([declined.call_id, declined.reason, declined.message], [call_id, 'declined', 'later']);

  ({ call_id, status } = await man.call(woman.login));
  assert.equal(status, 0);
  await woman.hears('calling');
  await man.post('/cancel', { call_id });
  assert.equal((await woman.hears('cancelled')).call_id, call_id);
  assert.equal((await woman.post('/accept', { call_id })).code, 'cancelled');

  ({ call_id, status } = await man.call(woman.login));
  assert.equal(status, 0);
  await woman.hears('calling');
  assert.equal((await woman.hears('missed')).from.login, man.login);
  assert.equal((await man.hears('ended')).reason, 'closed');
  assert.equal((await woman.post('/accept', { call_id })).code, 'expired');
});

test('of two devices one wins', async () => {
  const [man, woman] = await pair();
  const phone = await Peer.app(server, woman.login, { device: 'phone' });
  const { call_id } = await man.call(woman.login);
  await Promise.all([woman.hears('calling'), phone.hears('calling')]);
  const answers = await Promise.all([woman, phone].map((peer) => peer.post('/accept', { call_id, media: 'video' })));
  assert.deepEqual(answers.map((answer) => answer.code ?? 'won').sort(), ['answered_elsewhere', 'won']);
  const loser = answers[0].status === 0 ? phone : woman;
  assert.equal((await loser.hears('answered_elsewhere')).call_id, call_id);
  await man.hears('accepted');
  await man.hearsNothingMore();
});

test('both calling each other are in one call', async () => {
  const [man, woman] = await pair();
  const ids = ['0190-a', '0190-b'].map((id) => `${id}-${pairs}`);
  for (const [mans, womans] of [ids, [...ids].reverse()].map((pair, n) => pair.map((id) => `${id}-${n}`))) {
    const answers = await Promise.all([man.call(woman.login, { call_id: mans }), woman.call(man.login, { call_id: womans })]);
    assert.deepEqual(answers.map((answer) => answer.status), [0, 0]);
    const lives = [mans, womans].sort()[0];
    for (const peer of [man, woman]) {
      const accepted = await until('accepted', () => peer.heard.slice(peer.taken).find((event) => event.name === 'accepted'));
      assert.equal(accepted.call_id, lives);
    }
    await man.post('/hangup', { call_id: lives });
    for (const peer of [man, woman]) {
      await until('ended', () => peer.heard.slice(peer.taken).find((event) => event.name === 'ended'));
      peer.taken = peer.heard.length;
    }
  }
});

test('a repeated request has the same answer and no second effect', async () => {
  const [man, woman] = await pair();
  const first = await man.call(woman.login);
  const again = await man.call(woman.login, { call_id: first.call_id });
  const what = ({ status, session, expires_at, devices }) => ({ status, session, expires_at, devices });
  assert.deepEqual(what(again), what(first));
  await woman.hears('calling');
  await woman.hearsNothingMore();
  for (let n = 0; n < 2; n += 1) assert.equal((await woman.post('/accept', { call_id: first.call_id })).session, first.session);
  await man.hears('accepted');
  for (let n = 0; n < 2; n += 1) assert.equal((await man.post('/hangup', { call_id: first.call_id })).status, 0);
  await woman.hears('ended');
  await woman.hearsNothingMore();
});

test('what a device missed while it was away is replayed once', async () => {
  const [man, woman] = await pair();
  const first = await man.call(woman.login);
  const { seq } = await woman.hears('calling');
  await woman.leave();
  await man.post('/cancel', { call_id: first.call_id });
  assert.equal((await man.call(woman.login)).code, 'offline');
  const back = await Peer.app(server, woman.login, { last_seq: seq });
  assert.deepEqual(back.ack.pending, []);
  assert.equal((await back.hears('cancelled')).call_id, first.call_id);
  const missed = await back.hears('missed');
  await back.hearsNothingMore();
  await back.leave();
  const again = await Peer.app(server, woman.login, { last_seq: missed.seq });
  await again.hearsNothingMore();
});

test('much that was missed comes at once and costs nobody the socket', async () => {
  const [man, woman] = await pair();
  const { seq } = woman.ack;
  await woman.leave();
  const callers = [man];
  while (callers.length < 10) callers.push((await pair())[0]);
  for (const caller of callers) {
    for (let n = 0; n < 15; n += 1) assert.equal((await caller.call(woman.login)).code, 'offline');
  }
  const back = await Peer.app(server, woman.login, { last_seq: seq });
  for (let n = 0; n < 150; n += 1) await back.hears('missed');
  assert.ok(back.socket.connected);
  await back.hearsNothingMore();
});

test('a ring that is alive rings again after a reconnect', async () => {
  const [man, woman] = await pair();
  const { call_id, session } = await man.call(woman.login);
  const { seq } = await woman.hears('calling');
  await woman.leave();
  const back = await Peer.app(server, woman.login, { last_seq: seq });
  assert.deepEqual(back.ack.pending.map((ring) => [ring.call_id, ring.session]), [[call_id, session]]);
  assert.ok(back.ack.pending[0].ttl_ms <= 2_000);
  assert.equal((await back.post('/accept', { call_id })).status, 0);
  await man.hears('accepted');
});

test('busy and do not disturb are said at once', async () => {
  const [man, woman] = await pair();
  const [third] = await pair();
  const { call_id } = await man.call(woman.login);
  await woman.hears('calling');
  await woman.post('/accept', { call_id });
  assert.equal((await third.call(woman.login)).code, 'busy');
  await woman.post('/hangup', { call_id });
  await woman.post('/status', { status: 'dnd' });
  const answer = await third.call(woman.login);
  assert.deepEqual([answer.http, answer.status, answer.code], [200, 1, 'dnd']);
  const { users } = await third.get('/users');
  assert.equal(users.find((user) => user.login === woman.login).status, 'dnd');
});

test('in watch the caller may only subscribe', async () => {
  const [man, woman] = await pair();
  const { call_id } = await man.call(woman.login, { mode: 'watch' });
  await woman.hears('calling');
  await woman.post('/accept', { call_id });
  assert.equal((await man.post('/token', { call_id })).role, 'SUBSCRIBER');
  assert.equal((await woman.post('/token', { call_id })).role, 'PUBLISHER');
  const [third] = await pair();
  assert.equal((await third.post('/token', { call_id })).code, 'not_in_call');
});

test('nobody signs in as the echo', async () => {
  const peer = await Peer.connect(server);
  const ack = await peer.socket.emitWithAck('login', { login: 'echo', version: 2, device: { id: 'x', name: 'x' } });
  assert.equal(ack.code, 'not_allowed');
});

test('a hub that keeps nothing and is stopped in mid-ring ends the ring on both sides', async () => {
  const stopped = await Server.start({ args: ['--ring-seconds', '45', '--database-url', 'memory'] });
  try {
    const [man, woman] = [await Peer.app(stopped, 'man'), await Peer.app(stopped, 'woman')];
    await man.call('woman');
    await woman.hears('calling');
    await stopped.stop();
    assert.equal((await man.hears('ended')).reason, 'closed');
    await woman.hears('missed');
  } finally {
    await stopped.stop();
  }
});
