// Malformed requests are answered, and the server stays up.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';

import WebSocket from 'ws';

import { SECRET, Server } from './rig.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

/** A websocket that speaks JSON-RPC, without a library that would keep it from saying nonsense. */
class Rpc {
  static async open() {
    const socket = new WebSocket(`${server.websocketUrl}?sessionId=x`, { rejectUnauthorized: false });
    await once(socket, 'open');
    return new Rpc(socket);
  }
  constructor(socket) {
    Object.assign(this, { socket, next: 0, messages: [], waiting: [] });
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(data));
      this.waiting.splice(0).forEach((wake) => wake());
    });
  }
  async message(matches) {
    for (;;) {
      const found = this.messages.find(matches);
      if (found) return found;
      await new Promise((resolve) => this.waiting.push(resolve));
    }
  }
  async raw(text) {
    const before = this.messages.length;
    this.socket.send(text);
    return this.message((it) => this.messages.indexOf(it) >= before);
  }
  async request(method, params) {
    const id = this.next++;
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id }));
    return this.message((it) => it.id === id);
  }
  async join(session, token, rest = {}) {
    return this.request('joinRoom', { token, session, platform: 'x', metadata: '', secret: '', recorder: false, ...rest });
  }
}

test('REST answers malformed requests with what OpenVidu has for them', async () => {
  const session = await server.session();
  const at = `/sessions/${session}`;
  const cases = [
    [400, 'POST', '/sessions', '{'],
    [400, 'POST', '/sessions', '[]'],
    [400, 'POST', '/sessions', { recordingMode: false }],
    [400, 'POST', '/sessions', { customSessionId: 999 }],
    [400, 'POST', '/sessions', { customSessionId: 'a/b' }],
    [400, 'POST', '/sessions', { mediaMode: 'routed' }],
    [400, 'POST', '/sessions', { defaultRecordingProperties: 'x' }],
    [400, 'POST', '/sessions', { defaultRecordingProperties: { hasAudio: false, hasVideo: false } }],
    [200, 'POST', '/sessions', { customSessionId: null, unknown: 1 }],
    [200, 'POST', '/sessions', ''],
    [409, 'POST', '/sessions', { customSessionId: session }],
    [400, 'POST', `${at}/connection`, { role: 'KING' }],
    [400, 'POST', `${at}/connection`, { data: true }],
    [400, 'POST', `${at}/connection`, { type: 'IPCAM' }],
    [400, 'POST', `${at}/connection`, { customIceServers: [{ url: 'http://a' }] }],
    [200, 'POST', `${at}/connection`, { role: null, data: null, record: null }],
    [404, 'POST', '/sessions/none/connection', {}],
    [404, 'GET', '/sessions/none/connection'],
    [400, 'GET', '/sessions/none/connection/con_A'],
    [400, 'DELETE', '/sessions/none/connection/con_A'],
    [400, 'DELETE', '/sessions/none/stream/str_A'],
    [404, 'GET', `${at}/connection/con_A`],
    [404, 'DELETE', `${at}/connection/con_A`],
    [404, 'DELETE', `${at}/stream/str_A`],
    [404, 'GET', '/sessions/none'],
    [404, 'DELETE', '/sessions/none'],
    [403, 'DELETE', '/sessions'],
    [403, 'GET', '/nothing'],
    [400, 'POST', '/signal', {}],
    [404, 'POST', '/signal', { session: 'none' }],
    [406, 'POST', '/signal', { session }],
    [400, 'POST', '/tokens', {}],
    [404, 'POST', '/tokens', { session: 'none' }],
    [200, 'GET', '/recordings'],
    [400, 'POST', '/recordings/start', {}],
    [404, 'POST', '/recordings/stop/none'],
    [404, 'GET', '/recordings/none'],
    [404, 'DELETE', '/recordings/none'],
    [413, 'POST', '/sessions', { customSessionId: 'a'.repeat(400_000) }],
  ];
  for (const [status, method, path, body] of cases) {
    const answer = await server.rest(method, path, body);
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)?.slice(0, 80)}: ${answer.text.slice(0, 200)}`);
  }
  const said = (await server.rest('POST', '/sessions', { mediaMode: 1 })).json;
  assert.equal(said.status, 400);
  assert.equal(said.error, 'Bad Request');
  assert.equal(said.path, '/openvidu/api/sessions');
  assert.ok(said.message && said.timestamp > 0);
});

test('only the secret opens the API', async () => {
  for (const secret of ['', 'wrong', `${SECRET}x`]) {
    assert.equal((await server.rest('GET', '/sessions', undefined, { secret })).status, 401);
  }
  for (const authorization of ['', 'Basic', 'Basic !!!', 'Bearer x', `Basic ${Buffer.from('OPENVIDUAPP').toString('base64')}`]) {
    assert.equal((await server.rest('GET', '/sessions', undefined, { headers: { authorization } })).status, 401);
  }
  const open = await fetch(`${server.mediaUrl}/openvidu/api/config/openvidu-publicurl`);
  assert.equal(await open.text(), server.mediaUrl);
});

test('an address guesses the secret so often and no more', async () => {
  const guarded = await Server.start({ tls: 'off' });
  const session = await guarded.session();
  /** The status of one request from another address. */
  const from = (localAddress, secret) => new Promise((resolve, reject) => {
    const options = { localAddress, agent: false, auth: `OPENVIDUAPP:${secret}` };
    http.get(`${guarded.mediaUrl}/openvidu/api/sessions`, options, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
  const wrong = await Promise.all(Array.from({ length: 40 }, (_, nth) => from('127.0.0.2', `wrong ${nth}`)));
  assert.deepEqual([wrong.filter((it) => it === 401).length, wrong.filter((it) => it === 429).length], [30, 10]);
  assert.equal(await from('127.0.0.2', SECRET), 429, 'nor is the right one looked at');
  assert.equal(await from('127.0.0.3', SECRET), 200);
  for (let nth = 0; nth < 31; nth += 1) {
    const socket = new WebSocket(guarded.websocketUrl, { localAddress: '127.0.0.4' });
    await once(socket, 'open');
    const params = { token: 'x', session, platform: 'x', metadata: '', secret: nth === 30 ? SECRET : `wrong ${nth}`, recorder: false };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'joinRoom', params }));
    const [answer] = await once(socket, 'message');
    assert.equal(JSON.parse(answer).error?.code, 401, `guess ${nth}`);
    socket.terminate();
  }
  assert.equal(await from('127.0.0.4', SECRET), 429, 'both ways are counted together');
  await guarded.stop();
});

test('JSON-RPC answers nonsense with an error, and a ping with a pong', async () => {
  const rpc = await Rpc.open();
  assert.deepEqual((await rpc.request('ping', { interval: 5000 })).result, { value: 'pong' });
  assert.deepEqual((await rpc.request('ping', 'nonsense')).result, { value: 'pong' });
  assert.equal((await rpc.raw('{')).error.code, -32700);
  assert.equal((await rpc.raw('[]')).error.code, -32600);
  assert.equal((await rpc.raw('{"id":1}')).error.code, -32600);
  assert.equal((await rpc.raw('{"jsonrpc":"1.0","id":1,"method":"joinRoom"}')).error.code, -32600);
  assert.equal((await rpc.request('publishVideo', {})).error.code, 803);
  assert.equal((await rpc.request('noSuchMethod', {})).error.code, 803);
  assert.equal((await rpc.request('joinRoom', [])).error.code, 202);
  assert.equal((await rpc.request('joinRoom', { token: 5 })).error.code, -32602);
  assert.equal((await rpc.join('none', 'x')).error.code, 202);
  assert.deepEqual((await rpc.request('connect', { sessionId: 'unknown' })).error.code, 40007);
  const session = await server.session();
  for (const [token, more] of [['x', {}], ['', {}], ['x', { secret: 'wrong' }]]) {
    const guess = await Rpc.open();
    assert.equal((await guess.join(session, token, more)).error.code, 401);
    assert.equal((await guess.join(session, await server.token(session))).error.code, 803, 'a socket has one guess');
    guess.socket.close();
  }

  const joined = (await rpc.join(session, await server.token(session))).result;
  assert.equal(joined.version, '2.32.2');
  assert.deepEqual(joined.value, []);
  assert.equal((await rpc.join(session, await server.token(session))).error.code, 999, 'it has joined already');
  const good = { doLoopback: false, hasAudio: true, hasVideo: true };
  const cases = [
    ['noSuchMethod', {}, -32601],
    ['publishVideo', null, -32602],
    ['publishVideo', { sdpOffer: 5 }, -32602],
    ['publishVideo', { ...good, sdpOffer: '' }, 302],
    ['publishVideo', { ...good, sdpOffer: 'v=0\r\nm=audio 9 X 0\r\n' }, 302],
    ['publishVideo', { ...good, sdpOffer: 'x'.repeat(200_000) }, 302],
    ['unpublishVideo', {}, 105],
    ['receiveVideoFrom', { sender: 'str_CAM_X_con_NOBODY', sdpOffer: 'v=0' }, 102],
    ['receiveVideoFrom', { sender: `str_CAM_X_${joined.id}`, sdpOffer: 'v=0' }, 105],
    ['receiveVideoFrom', {}, -32602],
    ['reconnectStream', { stream: 'x', sdpString: 'v=0' }, 105],
    ['streamPropertyChanged', { property: 'audioActive', newValue: true }, 105],
    ['streamPropertyChanged', { property: 'audioActive', newValue: 'yes' }, -32602],
    ['sendMessage', { message: 'not JSON' }, 600],
    ['sendMessage', { message: '{"to":["con_NOBODY"],"type":"signal:x"}' }, 601],
    ['forceDisconnect', { connectionId: 'con_A' }, 401],
    ['forceUnpublish', { streamId: 'x' }, 401],
    ['prepareReceiveVideoFrom', { sender: 'x' }, 102],
    ['receiveVideoFrom', { sender: 'x', sdpAnswer: 'v=0' }, 102],
    ['receiveVideoFrom', { sender: 'x' }, -32602],
    ['subscribeToSpeechToText', {}, 997],
  ];
  for (const [method, params, code] of cases) {
    const answer = await rpc.request(method, params);
    assert.equal(answer.error?.code, code, `${method} ${JSON.stringify(params)?.slice(0, 80)}: ${JSON.stringify(answer)}`);
    assert.ok(!('result' in answer), 'only one of result and error');
  }
  for (const params of [{}, { endpointName: 'x', candidate: '', sdpMid: null }, { candidate: 'nonsense' }]) {
    assert.ok((await rpc.request('onIceCandidate', params)).result);
  }
  assert.equal((await rpc.request('leaveRoom', {})).result.sessionId, joined.sessionId);
  rpc.socket.close();
  assert.ok(await server.alive());
});

test('an admin by the secret may moderate, and an empty secret makes none', async () => {
  const session = await server.session();
  const [admin, other] = [await Rpc.open(), await Rpc.open()];
  const { result } = await admin.join(session, 'anything', { secret: SECRET });
  assert.equal(result.role, 'SUBSCRIBER');
  const { id } = (await other.join(session, await server.token(session))).result;
  assert.ok((await admin.request('forceDisconnect', { connectionId: id })).result);
  const evicted = await other.message((it) => it.method === 'participantEvicted');
  assert.deepEqual(evicted.params, { connectionId: id, reason: 'forceDisconnectByUser' });
  assert.equal((await admin.request('forceDisconnect', { connectionId: id })).error.code, 102);
  admin.socket.close();
  other.socket.close();
});

test('frames that are too long, binary ones and sudden ends do no harm', async () => {
  const big = await Rpc.open();
  big.socket.on('error', () => {});
  big.socket.send('x'.repeat(1_000_000));
  await once(big.socket, 'close');
  const odd = await Rpc.open();
  odd.socket.send(Buffer.from([1, 2, 3]));
  assert.deepEqual((await odd.request('ping')).result, { value: 'pong' });
  odd.socket.terminate();
  assert.ok(await server.alive());
});
