// What of OpenVidu's REST and JSON-RPC is not used by every call: changed connections, older paths, hidden participants,
// what was missed while a socket was away.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { WebSocket } from 'ws';

import { Page, SECRET, until } from './rig.mjs';
import { stage } from './stage.mjs';

const { OpenVidu } = (await import('openvidu-node-client')).default;

let server, browser;
stage((it) => ({ server, browser } = it));

const basic = { authorization: `Basic ${Buffer.from(`OPENVIDUAPP:${SECRET}`).toString('base64')}` };
const at = (path, headers = basic) => fetch(`${server.mediaUrl}${path}`, { headers });

/** A client without a library. */
class Rpc {
  static async open(to = server) {
    const socket = new WebSocket(to.websocketUrl, { rejectUnauthorized: false });
    await once(socket, 'open');
    return new Rpc(socket);
  }

  constructor(socket) {
    Object.assign(this, { socket, last: 0, answers: new Map(), notices: [] });
    socket.on('message', (text) => {
      const message = JSON.parse(text);
      if ('id' in message) this.answers.set(message.id, message);
      else this.notices.push(message);
    });
  }

  async ask(method, params = {}) {
    const id = (this.last += 1);
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id }));
    return until(`an answer to ${method}`, () => this.answers.get(id));
  }

  async join(token, more = {}) {
    const session = new URL(token).searchParams.get('sessionId');
    return (await this.ask('joinRoom', { token, session, platform: 'test', metadata: '', secret: '', recorder: false, ...more })).result;
  }

  named(method) {
    return this.notices.filter((it) => it.method === method);
  }

  close() {
    this.socket.terminate();
  }
}

test('what is known of peer connections is told to whom asks, as the node client reads it', async () => {
  const session = await server.session();
  const [woman, man] = [await Page.open(browser, server), await Page.open(browser, server)];
  await woman.call('join', await server.token(session));
  const viewer = await man.call('join', await server.token(session));
  const stream = await woman.call('publish');
  await man.until('10 frames', 'flows', 10, 0);
  const client = new OpenVidu(server.mediaUrl, SECRET);
  const find = async () => {
    await client.fetchWebRtc();
    const { connections } = client.activeSessions.find((it) => it.sessionId === session);
    const publisher = connections.flatMap((it) => it.publishers).find((it) => it.streamId === stream);
    const subscriber = connections.find((it) => it.connectionId === viewer).subscribers[0];
    return [publisher, subscriber];
  };
  const ends = await until('both have a pair', async () => {
    const found = await find();
    return found.every((it) => it.webRtc.kms.remoteCandidate) && found;
  });
  const [publisher, subscriber] = ends.map((it) => it.webRtc.kms);
  assert.equal(publisher.webrtcEndpointName, stream);
  assert.equal(subscriber.webrtcEndpointName, `${viewer}_${stream}`);
  for (const [kms, { localCandidatePair: pair }] of [[publisher, ends[0]], [subscriber, ends[1]]]) {
    assert.equal(pair.transport, 'udp');
    assert.match(pair.ipAddress, /^[\d.]+$/);
    assert.ok(kms.serverIceCandidates.includes(kms.localCandidate), kms.localCandidate);
    assert.match(kms.localSdp, /^v=0/);
    assert.match(kms.remoteSdp, /m=video/);
    assert.doesNotMatch(kms.localSdp + kms.remoteSdp, /ice-pwd:[^-]/, 'no credentials');
    assert.deepEqual(kms.events, []);
  }
  assert.ok(publisher.clientIceCandidates.length > 0, 'those that trickled');
  const plain = await server.rest('GET', `/sessions/${session}`);
  assert.ok(!JSON.stringify(plain.json).includes('localSdp'), 'and to nobody else');
  await woman.close();
  await man.close();
});

test('a connection is changed before and after it joined', async () => {
  const session = await server.session();
  const { json } = await server.rest('POST', `/sessions/${session}/connection`, { role: 'PUBLISHER' });
  const path = `/sessions/${session}/connection/${json.id}`;
  const before = await server.rest('PATCH', path, { role: 'SUBSCRIBER', record: false, data: 'ignored' });
  assert.equal(before.status, 200);
  assert.deepEqual(
    { ...before.json },
    { ...json, role: 'SUBSCRIBER', record: false },
    'nothing else changes',
  );
  const page = await Page.open(browser, server);
  await page.call('join', json.token);
  assert.equal(await page.call('publishFails'), 'OPENVIDU_PERMISSION_DENIED');
  const after = await server.rest('PATCH', path, { role: 'PUBLISHER', record: false });
  assert.equal(after.json.role, 'PUBLISHER');
  assert.equal(after.json.status, 'active');
  const event = await page.event('connectionPropertyChanged');
  assert.deepEqual([event.property, event.value], ['role', 'PUBLISHER']);
  assert.equal((await page.call('events', 'connectionPropertyChanged')).length, 1, 'record was so already');
  await page.call('publish');
  for (const [body, status] of [[{}, 200], [{ role: 'KING' }, 400], [{ record: 'yes' }, 400], [{ role: null }, 200]]) {
    assert.equal((await server.rest('PATCH', path, body)).status, status, JSON.stringify(body));
  }
  assert.equal((await server.rest('PATCH', `/sessions/${session}/connection/con_None`, {})).status, 404);
  assert.equal((await server.rest('PATCH', `/sessions/none/connection/${json.id}`, { role: 'KING' })).status, 404);
  await page.close();
});

test('the older paths and the health are answered', async () => {
  for (const prefix of ['/openvidu/api', '/api', '']) {
    const config = await (await at(`${prefix}/config`)).json();
    assert.equal(config.VERSION, '2.32.2');
    assert.equal(config.OPENVIDU_RECORDING, true);
    assert.equal(config.OPENVIDU_RECORDING_NOTIFICATION, 'publisher_moderator');
    assert.equal(config.OPENVIDU_RECORDING_AUTOSTOP_TIMEOUT, 120);
    assert.equal((await at(`${prefix}/config`, {})).status, 401);
    const open = await at(`${prefix}/config/openvidu-publicurl`, {});
    assert.equal(await open.text(), server.mediaUrl);
    assert.equal(await (await at(`${prefix}/config/openvidu-recording`)).text(), 'true');
    assert.equal(await (await at(`${prefix}/config/openvidu-cdr`)).text(), 'false');
  }
  assert.deepEqual(await (await at('/openvidu/api/health')).json(), { status: 'UP', disconnectedMediaNodes: [] });
  assert.equal((await at('/openvidu/api/health', {})).status, 401);
  for (const path of ['/info', '/openvidu/info', '/accept-certificate', '/openvidu/accept-certificate']) {
    assert.equal((await at(path, {})).status, 200, path);
  }
  const { json } = await server.rest('GET', '/recordings');
  assert.equal(json.count, json.items.length);
  assert.equal((await at('/api/recordings')).status, 200);
  assert.equal((await at('/openvidu/cdr')).status, 404, 'no records are kept');
  for (const [method, path] of [['DELETE', '/sessions'], ['DELETE', '/recordings'], ['POST', '/recordings/stop'], ['GET', '/broadcast']]) {
    assert.equal((await server.rest(method, path)).status, 403, `${method} ${path}`);
  }
});

test('a participant sends so many signals and no more, and others as many as they may', async () => {
  const session = await server.session();
  const [loud, quiet] = [await Rpc.open(), await Rpc.open()];
  await loud.join(await server.token(session));
  await quiet.join(await server.token(session));
  const signal = (from) => from.ask('sendMessage', { message: JSON.stringify({ to: [], type: 'signal:n', data: 'x'.repeat(100_000) }) });
  const answers = await Promise.all(Array.from({ length: 40 }, () => signal(loud)));
  const refused = answers.filter((it) => it.error);
  assert.ok(refused.length >= 20 && refused.length < 40, `${refused.length} of 40 times 100 kB`);
  assert.equal(refused[0].error.code, 999);
  assert.ok((await signal(quiet)).result);
  await until('what was not refused', () => quiet.named('sendMessage').length === 41 - refused.length);
  loud.close();
  quiet.close();
  assert.equal((await server.rest('DELETE', `/sessions/${session}`)).status, 204);
});

test('what an admin does to record is seen by nobody', async () => {
  const session = await server.session();
  const page = await Page.open(browser, server);
  await page.call('join', await server.token(session));
  const stream = await page.call('publish');
  const hidden = await Rpc.open();
  const url = `${server.websocketUrl.replace('/openvidu', '')}?sessionId=${session}&secret=${SECRET}&recorder=true`;
  const joined = await hidden.join(url, { secret: SECRET, recorder: true });
  assert.equal(joined.id, 'RECORDER');
  assert.equal(joined.value[0].streams[0].id, stream, 'it sees everybody');
  const third = await Rpc.open();
  const other = await third.join(await server.token(session));
  assert.ok(other.value.every((it) => it.id !== 'RECORDER'));
  const { json } = await server.rest('GET', `/sessions/${session}`);
  assert.equal(json.connections.numberOfElements, 2);
  assert.equal((await third.ask('publishVideo', { sdpOffer: 'x', hasAudio: true, hasVideo: true })).error.code, 302);
  const refused = await hidden.ask('publishVideo', { sdpOffer: 'x', doLoopback: false, hasAudio: true, hasVideo: true });
  assert.equal(refused.error.code, 401);
  assert.deepEqual((await page.call('events', 'connectionCreated')).map((it) => it.connection).filter((it) => it === 'RECORDER'), []);
  await third.ask('leaveRoom');
  await page.call('leave');
  await until('it is told to go', () => hidden.named('participantEvicted').length === 1);
  await until('the session ends', async () => (await server.rest('GET', `/sessions/${session}`)).status === 404);
  for (const rpc of [hidden, third]) rpc.close();
  await page.close();
});

test('what happened while a socket was away is told once, in order', async () => {
  const session = await server.session();
  const away = await Rpc.open();
  const { sessionId } = await away.join(await server.token(session));
  const other = await Rpc.open();
  await other.join(await server.token(session));
  await until('the other came', () => away.named('participantJoined').length === 1);
  away.close();
  // What is in the network at that moment can be lost; nothing after it.
  const lost = (line) => line.includes(session) && line.includes('socket lost');
  await until('the server knows', () => server.log.split('\n').some(lost));
  for (let nth = 0; nth < 20; nth += 1) {
    await other.ask('sendMessage', { message: JSON.stringify({ to: [], type: 'signal:n', data: String(nth) }) });
  }
  await other.ask('leaveRoom');
  const back = await Rpc.open();
  const answer = await back.ask('connect', { sessionId, reconnect: true });
  assert.equal(answer.result.value, 'reconnection successful');
  await until('all of it', () => back.notices.length >= 21);
  assert.deepEqual(back.named('sendMessage').map((it) => it.params.data), [...Array(20).keys()].map(String));
  assert.equal(back.notices.at(-1).method, 'participantLeft');
  assert.equal((await back.ask('echo')).result.sessionId, sessionId);
  assert.equal(back.notices.length, 21, 'and nothing twice');
  for (const rpc of [back, other]) rpc.close();
});

test('methods that this server does not have are answered', async () => {
  const session = await server.session();
  const rpc = await Rpc.open();
  await rpc.join(await server.token(session));
  for (const [method, code] of [
    ['applyFilter', 999], ['removeFilter', 999], ['execFilterMethod', 999], ['addFilterEventListener', 999],
    ['removeFilterEventListener', 999], ['subscribeToSpeechToText', 997], ['unsubscribeFromSpeechToText', 997],
    ['sessionStatus', -32601], ['noSuchMethod', -32601], ['forceUnpublish', 401], ['forceDisconnect', 401],
  ]) {
    const { error } = await rpc.ask(method, { streamId: 'str_x', connectionId: 'con_x' });
    assert.equal(error.code, code, method);
    assert.ok(error.message.length > 5);
  }
  rpc.close();
});
