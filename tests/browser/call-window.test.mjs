// The built call window itself, in Chromium: two of them call each other through the server, with the test camera and
// voice. What the core would answer is given by the page; the media is real from end to end.

import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Server, startBrowser, until } from './rig.mjs';

const dist = fileURLToPath(new URL('../../ui/dist', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

let server;
let browser;
let site;
let origin;

before(async () => {
  assert.ok(existsSync(path.join(dist, 'call.html')), 'the UI is built: npm run build in ui/');
  site = createServer((request, response) => {
    const file = path.join(dist, path.normalize(new URL(request.url, 'http://here').pathname));
    if (!existsSync(file)) return response.writeHead(404).end();
    // As strict as the app's own policy (src-tauri/src/shell/csp.rs).
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "media-src 'self' mediastream: blob:",
      "worker-src 'self'",
      `connect-src 'self' ws://127.0.0.1:${server.mediaPort}`,
    ].join('; ');
    const type = types[path.extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy });
    return createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${site.address().port}`;
  server = await Server.start({ tls: 'off' });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  site?.close();
});

/** Tauri's IPC as far as the call window uses it; notes what the window says in `window.told`. */
function core({ view, ticket }) {
  const told = { events: [], report: null, commands: [] };
  const listeners = new Map();
  let next = 1;
  window.told = told;
  window.setView = (call) => {
    view.call = { ...view.call, ...call };
    for (const id of listeners.get('view') ?? []) window[`_${id}`]?.({ event: 'view', id, payload: { ...view } });
  };
  window.__TAURI_INTERNALS__ = {
    transformCallback(callback) {
      const id = next++;
      window[`_${id}`] = callback;
      return id;
    },
    unregisterCallback() {},
    async invoke(command, args) {
      if (command === 'plugin:event|listen') {
        listeners.set(args.event, [...(listeners.get(args.event) ?? []), args.handler]);
        return args.handler;
      }
      if (command === 'get_view') return view;
      if (command === 'media_ticket') return ticket;
      if (command === 'media_event') told.events.push(args.event);
      else if (command === 'media_report') told.report = args.report;
      else told.commands.push([command, args]);
      if (command === 'set_microphone') window.setView({ microphone: args.on });
      if (command === 'set_camera') window.setView({ camera: args.on });
      return null;
    },
  };
}

const people = { man: 'Man', woman: 'Woman' };

async function callWindow(me, other, session, ticket = {}, call = {}) {
  const token = await server.token(session, { role: ticket.publish === false ? 'SUBSCRIBER' : 'PUBLISHER' });
  const view = {
    profile: me,
    people: [],
    recent: [],
    notices: [],
    missed: 0,
    call: {
      callId: `${session}-call`,
      login: other,
      name: people[other],
      verified: true,
      outgoing: true,
      mode: 'two_way',
      media: 'video',
      state: 'connecting',
      since: Date.now(),
      ended: null,
      message: '',
      microphone: true,
      camera: true,
      reconnecting: false,
      ...call,
    },
  };
  const full = { url: token, login: me, name: people[me], publish: true, media: 'video', subscribe: true, fakeMedia: true };
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  const asked = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) errors.push(message.text());
  });
  page.on('request', (request) => asked.push(request.url()));
  await page.addInitScript(() => {
    // What is written on the call's connections, and whether a device was ever asked for.
    window.iceServers = [];
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
      constructor(configuration) {
        super(configuration);
        window.iceServers.push(configuration?.iceServers ?? null);
      }
    };
    window.devicesAsked = 0;
    const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) => {
      window.devicesAsked += 1;
      return native(constraints);
    };
  });
  await page.addInitScript(core, { view, ticket: { ...full, ...ticket } });
  await page.goto(`${origin}/call.html`);
  return { page, errors, asked, told: () => page.evaluate(() => window.told) };
}

test('two call windows see and hear each other', async () => {
  const session = await server.session();
  const man = await callWindow('man', 'woman', session);
  const woman = await callWindow('woman', 'man', session);
  for (const [side, other] of [
    [man, 'woman'],
    [woman, 'man'],
  ]) {
    await until(
      `the other side's mark and voice are recognised (${other})`,
      async () => {
        const { report } = await side.told();
        return report?.recognised?.picture === other && report.recognised.voice === other && report.recognised.frames > 60;
      },
      60_000,
    ).catch(async (error) => {
      throw new Error(`${error.message}; told ${JSON.stringify(await side.told())}; page ${side.errors.join()}`);
    });
    const { events, report } = await side.told();
    const kinds = new Set(events.map((event) => event.kind));
    assert.ok(['joined', 'remoteStream', 'remoteMedia'].every((kind) => kinds.has(kind)), JSON.stringify(events));
    assert.ok(!['failed', 'disconnected', 'remoteLeft'].some((kind) => kinds.has(kind)), JSON.stringify(events));
    assert.equal(report.publishing, true);
    assert.equal(report.subscribed, 1);
    assert.ok(report.frames_sent > 60 && report.frames_received > 60, JSON.stringify(report));
    assert.ok(report.audio_received > 48_000 && report.bytes_sent > 10_000, JSON.stringify(report));
    assert.ok(report.recognised.delay_ms_p50 >= 0 && report.recognised.delay_ms_p95 < 10_000, JSON.stringify(report));
    assert.deepEqual(side.errors, []);
    // The server names no ICE server, so none is asked, and no page but our own was loaded.
    assert.ok((await side.page.evaluate(() => window.iceServers)).every((servers) => servers?.length === 0));
    assert.ok(side.asked.every((url) => url.startsWith(origin)), side.asked.join());
    assert.equal(await side.page.evaluate(() => window.devicesAsked), 0, 'the test camera stands in for devices');
  }

  for (const { page } of [man, woman]) await page.evaluate(() => window.setView({ state: 'in_call' }));
  await man.page.getByRole('button', { name: 'Camera' }).click();
  await until('she is told that his picture is off', () => woman.page.getByText('Man has no picture on').count());
  assert.equal(await man.page.getByRole('button', { name: 'Camera' }).getAttribute('aria-pressed'), 'false');

  await man.page.evaluate(() => window.setView({ state: 'ended' }));
  await until('the other side is told', async () => (await woman.told()).events.some(({ kind }) => kind === 'remoteLeft'));
  await Promise.all([man.page.context().close(), woman.page.context().close()]);
});

test('who only sees opens no device and sends nothing', async () => {
  const session = await server.session();
  const watch = { mode: 'watch' };
  const man = await callWindow('man', 'woman', session, { publish: false }, watch);
  const woman = await callWindow('woman', 'man', session, { subscribe: false }, { ...watch, outgoing: false });
  await until('she is seen and heard', async () => {
    const { report } = await man.told();
    return report?.recognised?.picture === 'woman' && report.recognised.voice === 'woman';
  }, 60_000);
  const { report } = await man.told();
  assert.deepEqual([report.publishing, report.frames_sent], [false, 0]);
  assert.equal(await man.page.evaluate(() => window.devicesAsked), 0);
  assert.equal((await woman.told()).report.subscribed, 0);
  assert.equal(await man.page.getByRole('button', { name: 'Microphone' }).count(), 0);
  await Promise.all([man.page.context().close(), woman.page.context().close()]);
});

test('real devices are opened as a person has them, and sound alone where only sound is wanted', async () => {
  const session = await server.session();
  const man = await callWindow('man', 'woman', session, { fakeMedia: false });
  const woman = await callWindow('woman', 'man', session, { fakeMedia: false, media: 'audio' }, { media: 'audio' });
  await until('she gets his picture and sound', async () => {
    const { report } = await woman.told();
    return report && report.frames_received > 10 && report.audio_received > 0;
  }, 60_000);
  await until('he gets her sound', async () => (await man.told()).report?.audio_received > 0, 60_000).catch(async (error) => {
    throw new Error(`${error.message}: ${JSON.stringify([await man.told(), await woman.told()])}`);
  });
  const [his, hers] = [await man.told(), await woman.told()];
  assert.equal(hers.report.frames_sent, 0);
  assert.ok(his.report.frames_sent > 0);
  assert.equal(his.report.recognised, null);
  await Promise.all([man.page.context().close(), woman.page.context().close()]);
});

test('a token that is not accepted ends in words', async () => {
  const session = await server.session();
  const man = await callWindow('man', 'woman', session, {
    url: `ws://127.0.0.1:${server.mediaPort}?sessionId=${session}&token=tok_wrong`,
  });
  await until('the window says so', () => man.page.getByText(/OpenVidu did not let you in/).count());
  assert.deepEqual(
    (await man.told()).events.map((event) => event.code ?? event.kind),
    ['token_refused', 'disconnected'],
  );
  await man.page.context().close();
});
