// Who may speak to the hub, from which page, with which body.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { test } from 'node:test';

import WebSocket from 'ws';

import { Peer, post, raw } from './hub-side.mjs';
import { freePort, Server, until } from './rig.mjs';
import { stage } from './stage.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const clientScript = path.join(here, 'node_modules/socket.io-client/dist/socket.io.min.js');
const ALLOWED = 'https://pages.example';

let server, browser;
stage((it) => ({ server, browser } = it), { args: ['--allow-origin', ALLOWED] });

/** Opens the socket by hand with these headers; gives the HTTP status, 101 when it opened. */
async function handshake(headers) {
  const url = `ws://127.0.0.1:${server.hubPort}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(url, { headers });
  const status = await new Promise((resolve, reject) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.once('error', reject);
  });
  socket.removeAllListeners('error');
  socket.on('error', () => {});
  socket.terminate();
  return status;
}

/** A page of an origin of its own, on another port of this machine. */
async function otherOrigin(run) {
  const pages = http.createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>page</title>');
  });
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const page = await browser.newPage();
  try {
    await page.goto(`http://localhost:${pages.address().port}/`);
    await page.addScriptTag({ path: clientScript });
    return await run(page);
  } finally {
    await page.close();
    pages.close();
  }
}

/** Runs in the page: what a caller page of part A does. */
async function ringFromPage(hub) {
  const socket = globalThis.io(hub, { transports: ['websocket'] });
  await new Promise((resolve) => socket.on('connect', resolve));
  const declined = new Promise((resolve) => socket.on('declined', resolve));
  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(hub + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { http: response.status, ...(await response.json()) };
  };
  const unsigned = await post('/call', { login: 'woman', sid: null });
  socket.emit('login', { login: 'man' });
  let called;
  do called = await post('/call', { login: 'woman', sid: socket.id });
  while (called.code === 'not_signed_in');
  return { unsigned, called, declined: await declined };
}

test('a page of another origin rings somebody: socket, preflight, request', async () => {
  const woman = await Peer.page(server, 'woman');
  const page = otherOrigin((page) => page.evaluate(ringFromPage, server.hubUrl));
  await Promise.race([woman.hears('calling'), page]);
  assert.equal((await woman.post('/decline', { reciever_login: 'man' })).status, 0);
  const seen = await page;
  assert.deepEqual([seen.unsigned.http, seen.unsigned.status], [200, 1]);
  assert.equal(seen.called.status, 0);
  assert.deepEqual(seen.declined, { login: 'woman' });
  await woman.leave();
});

test('the preflight names what is allowed', async () => {
  const headers = { origin: 'http://localhost:3000', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
  const answer = await raw(server, { method: 'OPTIONS', path: '/call', headers });
  assert.equal(answer.http, 204);
  assert.equal(answer.headers['access-control-allow-origin'], 'http://localhost:3000');
  assert.match(answer.headers['access-control-allow-methods'], /POST/);
  assert.match(answer.headers['access-control-allow-headers'], /content-type/);
});

test('pages of foreign origins are refused on socket and REST', async () => {
  for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', `${ALLOWED}.evil.example`]) {
    assert.equal(await handshake({ origin }), 403, `socket from ${origin}`);
    const answer = await raw(server, { path: '/users?sid=x', headers: { origin } });
    assert.equal(answer.http, 403, `request from ${origin}`);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
    const preflight = { origin, 'access-control-request-method': 'POST' };
    assert.equal((await raw(server, { method: 'OPTIONS', path: '/call', headers: preflight })).http, 403);
  }
  for (const origin of [ALLOWED, 'http://127.0.0.1:8080', 'https://localhost', 'http://[::1]:1']) {
    assert.equal(await handshake({ origin }), 101, `socket from ${origin}`);
    assert.equal((await raw(server, { headers: { origin } })).http, 200, `request from ${origin}`);
  }
});

test('names that are not this machine are refused on socket and REST', async () => {
  for (const host of ['evil.example', `evil.example:${server.hubPort}`, '127.0.0.1.evil.example', '10.0.0.1', '0.0.0.0']) {
    assert.equal(await handshake({ host }), 403, `socket to ${host}`);
    assert.equal((await raw(server, { headers: { host } })).http, 403, `request to ${host}`);
  }
  for (const host of [`localhost:${server.hubPort}`, '127.0.0.1', '[::1]']) {
    assert.equal(await handshake({ host }), 101, `socket to ${host}`);
  }
});

test('malformed requests get 4xx with words, and the hub goes on', async () => {
  const man = await Peer.app(server, 'man');
  const bodies = ['', '{', '[]', 'null', '3', '"x"', '{"sid":3}', '{"sid":null,"login":"a b"}', '{"sid":null,"login":null}', '\u0000', '{"sid":null,"login":"' + 'x'.repeat(70) + '"}', '['.repeat(10_000)];
  for (const path of ['/call', '/accept', '/decline', '/cancel', '/hangup', '/status', '/token']) {
    for (const body of bodies) {
      if (path === '/decline' && body === '{"sid":null,"login":"a b"}') continue;
      const answer = await post(server, path, body);
      if (answer.code === 'not_signed_in') continue;
      assert.deepEqual([answer.http, answer.status, answer.code], [400, 1, 'malformed'], `${path} ${body.slice(0, 40)}`);
      assert.ok(answer.message.length > 10);
    }
    const large = await post(server, path, JSON.stringify({ sid: 'x'.repeat(100_000) }));
    assert.deepEqual([large.http, large.code], [400, 'malformed']);
  }
  assert.equal((await post(server, '/status', { sid: man.sid, status: 'offline' })).http, 400);
  assert.equal((await post(server, '/decline', { sid: man.sid })).http, 400);
  assert.equal((await raw(server, { path: '/calls?limit=x' })).http, 400);
  assert.equal((await raw(server, { path: '/nothing' })).http, 404);
  assert.equal((await raw(server, { path: '/call' })).http, 405);
  assert.equal((await man.get('/users')).status, 0);
  await man.leave();
});

test('malformed packets end that socket at the most', async () => {
  const man = await Peer.app(server, 'man');
  const url = `ws://127.0.0.1:${server.hubPort}/socket.io/?EIO=4&transport=websocket`;
  const frames = ['', '9', '4', '49', '42', '42[]', '42[1]', '42["login"]', '42["login",null]', '42["login",{"login":"a b"}]', '42["login",{"login":{}}]', '421["login",{"login":"x","version":2}]', '421["login",{"login":"x","version":2,"device":{"id":""}}]', '42["ring_ack",{"call_id":"../..","state":"shown"}]', '42["unknown",{}]', '43[]', '4399999999999999999999[]', '451-["login",{"_placeholder":true,"num":0}]', '40/other,', '42["login",' + '['.repeat(30_000), 'x'.repeat(200_000)];
  for (const frame of frames) {
    const socket = new WebSocket(url);
    socket.on('error', () => {});
    await once(socket, 'message');
    socket.send('40');
    await once(socket, 'message');
    socket.send(frame);
    socket.send(Buffer.from(frame));
    socket.close();
    await once(socket, 'close');
  }
  assert.equal((await man.get('/users')).status, 0, 'another socket does not notice');
  assert.doesNotMatch(server.log, /panicked/);
  await man.leave();
});

test('an address that asks too often has to wait', async () => {
  const own = await Server.start();
  try {
    const ask = () => fetch(`${own.hubUrl}/users`).then((answer) => answer.status);
    assert.equal(await ask(), 200);
    await until('it is refused', async () => (await Promise.all(Array.from({ length: 200 }, ask))).includes(429), 30_000);
    await until('it is heard again', async () => (await ask()) === 200, 30_000);
  } finally {
    await own.stop();
  }
});

test('beyond this machine the hub wants --open, and gives no tokens then', async () => {
  const binary = process.env.ZVONOK_SERVER_BIN ?? path.join(here, '../../target/debug/zvonok-server');
  const [hub, media] = [await freePort(), await freePort()];
  const refused = spawn(binary, ['--hub-listen', `0.0.0.0:${hub}`, '--media-listen', `127.0.0.1:${media}`], { env: { ...process.env, XDG_DATA_HOME: server.dataDir } });
  let text = '';
  refused.stderr.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const [code] = await once(refused, 'exit');
  assert.notEqual(code, 0);
  assert.match(text, /--open/);

  const child = spawn(binary, ['--open', '--hub-listen', `0.0.0.0:${hub}`, '--media-listen', `127.0.0.1:${media}`], { env: { ...process.env, XDG_DATA_HOME: path.join(server.dataDir, 'open') } });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => (log += chunk));
  try {
    await once(child.stdout, 'data');
    const elsewhere = { hubUrl: `http://127.0.0.1:${hub}`, hubPort: hub };
    const [man, woman] = [await Peer.app(elsewhere, 'man'), await Peer.app(elsewhere, 'woman')];
    assert.deepEqual(man.ack.features, ['groups']);
    const { call_id } = await man.call('woman');
    const token = await man.post('/token', { call_id });
    assert.deepEqual([token.http, token.code], [403, 'not_allowed']);
    assert.match(log, /open mode/);
    await man.leave();
    await woman.leave();
  } finally {
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, 'and it stops when it is asked to');
  }
});
