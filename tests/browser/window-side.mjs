// The built call window in a browser: what the core would answer is given by the page.

import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../ui/dist', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves the built windows as the app does, for calls through `server`. */
export async function startSite(server) {
  assert.ok(existsSync(path.join(dist, 'call.html')), 'the UI is built: npm run build in ui/');
  const site = createServer((request, response) => {
    const file = path.join(dist, path.normalize(new URL(request.url, 'http://here').pathname));
    if (!existsSync(file)) return response.writeHead(404).end();
    // As strict as the app's own policy (src-tauri/src/shell/csp.rs).
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "media-src 'self'",
      "worker-src 'self'",
      `connect-src 'self' ws://127.0.0.1:${server.mediaPort}`,
    ].join('; ');
    const type = types[path.extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy });
    return createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${site.address().port}`, close: () => site.close() };
}

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

/** Opens the call window of `me` in `browser`; `where` has its site and server. */
export async function callWindow({ browser, site, server }, me, other, session, ticket = {}, call = {}) {
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
      about: '',
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
  await page.goto(`${site.origin}/call.html`);
  return { page, errors, asked, told: () => page.evaluate(() => window.told) };
}

/** Opens the main window at a size: at its first start, or with a certificate to decide on. */
export async function mainWindow({ browser, site }, { width, height, locale, certificate = null }) {
  const ready = certificate !== null;
  const setup = ready
    ? { server: 'https://office.example:5001', socket: '', openvidu: 'https://office.example:4443', login: 'woman' }
    : { server: '', socket: '', openvidu: '', login: '' };
  const view = {
    profile: 'woman',
    setup: {
      ready,
      setup: { ...setup, tokens: 'openvidu' },
      embedded: false,
      secretStored: ready,
      secretFor: '',
      signIn: false,
      accountFor: '',
      keyring: 'ok',
      certificate,
    },
    signaling: { state: 'offline', server: '', extended: false },
    me: null,
    people: [],
    recent: [],
    notices: [],
    missed: 0,
    call: null,
  };
  const context = await browser.newContext({ locale, viewport: { width, height }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.addInitScript(core, { view, ticket: null });
  await page.goto(`${site.origin}/main.html`);
  await page.locator('main').waitFor();
  return { page, told: async () => (await page.evaluate(() => window.told)).commands, close: () => context.close() };
}
