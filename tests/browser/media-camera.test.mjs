// IP cameras: GStreamer's RTSP server, seen and heard in a real browser.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { decoded, unpack } from './media-side.mjs';
import { Page, Server, freePort, startBrowser, until } from './rig.mjs';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'rtsp-camera.py');

/** A camera that runs until it is stopped. */
class Camera {
  static async start({ port, sound = 'alaw', user = '', password = '', tls, host = '127.0.0.1' } = {}) {
    port ??= await freePort();
    const child = spawn('/usr/bin/python3', [script, String(port), 'secretplace', sound, user, password, tls?.certificate ?? '', tls?.key ?? '', host], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8');
    await once(child.stdout, 'data');
    const login = user && `${user}:${password}@`;
    const camera = Object.assign(new Camera(), { child, port, uri: `${tls ? 'rtsps' : 'rtsp'}://${login}${host}:${port}/secretplace` });
    running.add(camera);
    return camera;
  }

  async stop() {
    running.delete(this);
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

let server, browser, hook;
const told = [];
const running = new Set();
/** What a camera's address is made of, and nobody but who has the secret may learn. */
const HIDDEN = { host: '127.77.66.55', user: 'camera-admin', password: 'camera-password' };
before(async () => {
  hook = http.createServer(async (request, response) => {
    told.push((await request.toArray()).join(''));
    response.writeHead(200).end();
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const args = ['--ipcam-allow', '127.0.0.0/8', '--cdr', '--webhook', `http://127.0.0.1:${hook.address().port}/`];
  server = await Server.start({ args, env: { RUST_LOG: 'debug' } });
  browser = await startBrowser();
});
after(async () => {
  await Promise.all([...running].map((camera) => camera.stop()));
  await browser?.close();
  await server?.stop();
  hook?.close();
});

const connect = (session, more, on = server) =>
  on.rest('POST', `/sessions/${session}/connection`, { type: 'IPCAM', ...more });

async function viewer(session) {
  const page = await Page.open(browser, server);
  const id = await page.call('join', await server.token(session));
  return { page, id };
}

for (const sound of ['alaw', 'mulaw']) {
  test(`a camera is seen and heard, comes back when it went away, and is recorded (${sound})`, async () => {
    const camera = await Camera.start({ sound, ...HIDDEN });
    const session = await server.session();
    const { page } = await viewer(session);
    const { status, json } = await connect(session, { rtspUri: camera.uri, data: 'front door', onlyPlayWithSubscribers: false });
    assert.equal(status, 200);
    assert.match(json.connectionId, /^ipc_IPCAM_rtsp_[A-Z0-9]+$/);
    assert.deepEqual(
      [json.type, json.status, json.role, json.token, json.rtspUri, json.serverData, json.platform, json.adaptativeBitrate, json.onlyPlayWithSubscribers, json.networkCache],
      ['IPCAM', 'active', null, null, camera.uri, 'front door', 'IPCAM', true, false, 2000],
    );
    const [publisher] = json.publishers;
    assert.match(publisher.streamId, new RegExp(`^str_IPC_[A-Za-z0-9]{4}_${json.connectionId}$`));
    assert.equal(publisher.mediaOptions.typeOfVideo, 'IPCAM');
    await page.until('pictures and sound', 'flows', 20, 50);
    assert.equal((await page.event('streamCreated')).stream, publisher.streamId);
    assert.equal((await server.rest('DELETE', `/sessions/${session}/stream/${publisher.streamId}`)).status, 405);

    await server.rest('POST', '/recordings/start', { session, outputMode: 'INDIVIDUAL' });
    await page.until('more', 'flows', 45, 100, await page.call('media'));
    const archive = await unpack((await server.rest('POST', `/recordings/stop/${session}`)).json.url);
    const [file] = archive.index.files;
    assert.equal(file.name, `${publisher.streamId}.mkv`);
    const played = await decoded(archive.path(file.name));
    assert.deepEqual([played.complaints, played.video.codec, played.video.width, played.audio.codec], ['', 'h264', 320, `pcm_${sound}`]);
    assert.ok(played.video.frames >= 30, `${played.video.frames} frames`);
    await archive.remove();

    await camera.stop();
    const again = await Camera.start({ port: camera.port, sound, ...HIDDEN });
    await page.until('pictures again', 'flows', 20, 30, await page.call('media'));
    assert.equal((await server.rest('DELETE', `/sessions/${session}/connection/${json.id}`)).status, 204);
    assert.equal((await page.event('streamDestroyed')).stream, publisher.streamId);
    await page.close();
    await again.stop();

    const everything = { log: () => server.log, webhook: () => told.join('\n'), records: () => server.records() };
    for (const [where, read] of Object.entries(everything)) {
      const gone = where === 'log' ? `camera joined.*${json.id}` : `webrtcConnectionDestroyed.*${json.id}|${json.id}.*webrtcConnectionDestroyed`;
      const text = await until(`${where} tells of the camera`, async () => {
        const text = await read();
        return new RegExp(gone).test(text) && text;
      });
      if (where !== 'log') assert.match(text, /"rtspUri":"rtsp:\/\/redacted"/, where);
      for (const secret of [...Object.values(HIDDEN), 'secretplace', `:${camera.port}`]) {
        const at = text.indexOf(secret);
        assert.equal(at, -1, `${where} has ${secret}: …${text.slice(Math.max(0, at - 200), at + 100)}`);
      }
    }
  });
}

test('several cameras play only while somebody looks, without sound that no browser takes', async () => {
  const cameras = [await Camera.start({ sound: 'aac' }), await Camera.start({ sound: 'none' })];
  const session = await server.session();
  const { page } = await viewer(session);
  for (const camera of cameras) {
    assert.equal((await connect(session, { rtspUri: camera.uri })).status, 200);
  }
  await page.until('two streams', 'flows', 40, 0);
  assert.equal((await page.call('media')).receiving, 2);
  assert.match(server.log, /sound is left out/);
  const before = server.log.match(/nobody wants the camera/g)?.length ?? 0;
  for (const stream of await page.call('streams')) await page.call('unsubscribe', stream);
  await until('both are left alone', () => (server.log.match(/nobody wants the camera/g)?.length ?? 0) === before + 2);
  assert.equal((await server.rest('GET', `/sessions/${session}`)).json.connections.numberOfElements, 3);
  await server.rest('DELETE', `/sessions/${session}`);
  await page.close();
  for (const camera of cameras) await camera.stop();
});

test('a camera is reached by TLS if its certificate is trusted', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'zvonok-camera-'));
  const tls = { certificate: path.join(dir, 'cert.pem'), key: path.join(dir, 'key.pem') };
  await promisify(execFile)('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=camera', '-keyout', tls.key, '-out', tls.certificate,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE',
  ]);
  const camera = await Camera.start({ tls, user: 'admin', password: 'camera-password' });
  const trusting = await Server.start({ args: ['--ipcam-allow', '127.0.0.0/8'], env: { SSL_CERT_FILE: tls.certificate } });
  for (const on of [trusting, server]) {
    const session = await on.session();
    const page = await Page.open(browser, on);
    await page.call('join', await on.token(session));
    const { status, json } = await connect(session, { rtspUri: camera.uri, onlyPlayWithSubscribers: false }, on);
    assert.equal(status, 200);
    assert.match(json.connectionId, /^ipc_IPCAM_rtsps_/);
    if (on === trusting) await page.until('pictures', 'flows', 20, 30);
    else await until('it is not trusted', () => server.log.includes("the camera's TLS cannot be used"));
    await on.rest('DELETE', `/sessions/${session}`);
    await page.close();
  }
  await camera.stop();
  await trusting.stop();
  await rm(dir, { recursive: true });
});

test('what is no camera, or this machine itself, is refused', async () => {
  const strict = await Server.start();
  const session = await strict.session();
  for (const rtspUri of [
    'file:///etc/passwd', 'http://192.0.2.1/', 'https://192.0.2.1/', 'camera', '', null, 7,
    'rtsp://127.0.0.1/', 'rtsp://localhost:22/', 'rtsp://[::1]/', 'rtsp://169.254.169.254/latest', 'rtsp://0.0.0.0/',
    'rtsp://[::ffff:127.0.0.1]/', 'rtsps://127.0.0.1/',
  ]) {
    const answer = await connect(session, { rtspUri }, strict);
    assert.equal(answer.status, 400, String(rtspUri));
    assert.ok(!answer.text.includes('127.0.0.1'));
  }
  assert.equal((await strict.rest('GET', `/sessions/${session}/connection`)).json.numberOfElements, 0);
  assert.equal((await connect('none', { rtspUri: 'rtsp://192.0.2.1/' }, strict)).status, 404);
  await strict.stop();
});
