// What all browser tests stand on: a real server, a real Chromium, pages with a real openvidu-browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

// The server's certificate is its own; that clients check it is tested where they are.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
process.removeAllListeners('warning');

const here = path.dirname(fileURLToPath(import.meta.url));
const binary = process.env.ZVONOK_SERVER_BIN ?? path.join(here, '../../target/debug/zvonok-server');

/** The OpenVidu secret of every server that is started here. */
export const SECRET = 'tests-secret';

/** openvidu-browser by version: the script that its npm package ships. */
export const LIBRARIES = {
  '2.32.2': path.join(here, 'node_modules/openvidu-browser/static/js/openvidu-browser-2.32.2.min.js'),
  '2.18.0': path.join(here, 'node_modules/openvidu-browser-2-18/static/js/openvidu-browser-2.18.0.min.js'),
};

/** The server's page of figures, by name with labels. */
export async function figures(port) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(response.status, 200);
  const lines = (await response.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** A TCP port that nobody listens on. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Calls `probe` until it gives something truthy, which is returned; fails with `what` after `ms`. */
export async function until(what, probe, ms = 40_000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const last = await probe();
    if (last) return last;
    if (Date.now() > deadline) throw new Error(`in ${ms} ms not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A running `zvonok-server`. */
export class Server {
  /** Starts one on free ports; `tls` is `off` or `self-signed`, `dataDir` and `ports` those of one that was there before. */
  static async start({ tls = 'self-signed', args = [], env = {}, dataDir, ports } = {}) {
    const [hubPort, mediaPort] = ports ?? [await freePort(), await freePort()];
    dataDir ??= await mkdtemp(path.join(tmpdir(), 'zvonok-browser-'));
    const child = spawn(
      binary,
      ['--hub-listen', `127.0.0.1:${hubPort}`, '--media-listen', `127.0.0.1:${mediaPort}`, '--media-tls', tls, ...args],
      {
        env: { ...process.env, OPENVIDU_SECRET: SECRET, RUST_LOG: process.env.RUST_LOG ?? 'info', XDG_DATA_HOME: dataDir, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const server = new Server(child, tls, hubPort, mediaPort, dataDir);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => (server.log += text));
    }
    try {
      await until('the server answers', async () => {
        if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${server.log}`);
        return server.rest('GET', '/config').then((answer) => answer.status === 200, () => false);
      });
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  constructor(child, tls, hubPort, mediaPort, dataDir) {
    const [http, ws] = tls === 'off' ? ['http', 'ws'] : ['https', 'wss'];
    Object.assign(this, { child, dataDir, hubPort, mediaPort, log: '' });
    this.hubUrl = `http://127.0.0.1:${hubPort}`;
    this.mediaUrl = `${http}://127.0.0.1:${mediaPort}`;
    this.websocketUrl = `${ws}://127.0.0.1:${mediaPort}/openvidu`;
  }

  /** The records of events (CDR). */
  async records() {
    const headers = { authorization: `Basic ${Buffer.from(`OPENVIDUAPP:${SECRET}`).toString('base64')}` };
    const get = (path) => fetch(`${this.mediaUrl}/openvidu/cdr${path}`, { headers });
    const names = await (await get('')).json();
    return (await Promise.all(names.map(async (name) => (await get(`/${name}`)).text()))).join('');
  }

  /** One REST request; `body` is an object, or a string that is sent as it is. */
  async rest(method, path, body, { secret = SECRET, headers = {} } = {}) {
    const authorization = `Basic ${Buffer.from(`OPENVIDUAPP:${secret}`).toString('base64')}`;
    const response = await fetch(`${this.mediaUrl}/openvidu/api${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.status, text, json };
  }

  /** A session; gives its id. */
  async session(properties = {}) {
    return (await this.rest('POST', '/sessions', properties)).json.id;
  }

  /** A token for a session. */
  async token(session, properties = {}) {
    return (await this.rest('POST', `/sessions/${session}/connection`, properties)).json.token;
  }

  /** Whether the process is there and answers. */
  async alive() {
    return this.child.exitCode === null && (await this.rest('GET', '/sessions')).status === 200;
  }

  /** Ends it as a service is stopped, and keeps its data; gives exit code and time. */
  async terminate() {
    const begun = performance.now();
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = await ended;
    return { code, ms: performance.now() - begun };
  }

  async stop() {
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** A fake camera and microphone that everybody may use. */
const FAKE_DEVICES = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** How long Chromium may take to be there, in milliseconds: a machine that is compiling reads it from its disk. */
const START = 120_000;

/** Starts Chromium with its fake camera and microphone, or with what other flags make of them. */
export async function startBrowser(devices = FAKE_DEVICES) {
  return chromium.launch({
    executablePath: process.env.ZVONOK_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    timeout: START,
    // Whoever is signalled ends what was started, the browser included.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-breakpad',
      '--ignore-certificate-errors',
      ...devices,
      '--autoplay-policy=no-user-gesture-required',
      // Two pages on one machine meet on the loopback interface, which ICE leaves out otherwise.
      '--allow-loopback-in-peer-connection',
      // The library asks public STUN servers where a session names none; tests ask nobody.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
}

/** A page with one version of openvidu-browser, and `page-side.js` beside it. */
export class Page {
  static async open(browser, server, version = '2.32.2') {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const it = new Page(context, page);
    page.on('console', (message) => it.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => it.console.push(`uncaught: ${error.stack ?? error}`));
    await page.goto(`${server.mediaUrl}/openvidu/info`);
    await page.addScriptTag({ path: path.join(here, 'page-side.js') });
    await page.addScriptTag({ path: LIBRARIES[version] });
    return it;
  }

  constructor(context, page) {
    Object.assign(this, { context, page, console: [] });
  }

  /** Calls a function of `page-side.js`. */
  async call(name, ...args) {
    return this.page.evaluate(([name, args]) => globalThis.zvonok[name](...args), [name, args]);
  }

  /** Waits until a function of `page-side.js` gives something truthy. */
  async until(what, name, ...args) {
    try {
      return await until(what, () => this.call(name, ...args));
    } catch (error) {
      error.message += `\n${JSON.stringify(await this.call('report'), null, 1)}\n${this.console.slice(-30).join('\n')}`;
      throw error;
    }
  }

  /** The first event of that name since the page was opened, once it has come. */
  async event(name) {
    return this.until(`event ${name}`, 'event', name);
  }

  async close() {
    await this.context.close();
  }
}
