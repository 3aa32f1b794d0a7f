// Calls whose media goes through Debian's coturn and nowhere else, with the credentials that the server makes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { LIBRARIES, Page, Server, startBrowser, until } from './rig.mjs';

const TURN_SECRET = 'tests-relay-secret';
// openvidu-browser 2.18.0 knows of no other port, so it is the address that has to be free.
const PORT = 3478;

/** A loopback address on which nobody has the port yet. */
async function freeAddress() {
  for (let tries = 0; tries < 50; tries += 1) {
    const address = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}.7`;
    const socket = dgram.createSocket('udp4');
    try {
      socket.bind(PORT, address);
      await once(socket, 'listening');
      return address;
    } catch {
      // Somebody has it: another address is tried.
    } finally {
      socket.close();
    }
  }
  throw new Error(`no loopback address has port ${PORT} free`);
}

/** A TURN server that runs until it is stopped. */
class Relay {
  static async start() {
    const address = await freeAddress();
    const dir = await mkdtemp(path.join(tmpdir(), 'zvonok-relay-'));
    const child = spawn('/usr/bin/turnserver', [
      '-n', '--verbose', '--listening-ip', address, '--listening-port', String(PORT), '--relay-ip', address,
      '--use-auth-secret', `--static-auth-secret=${TURN_SECRET}`, '--realm=tests', '--no-tls', '--no-dtls', '--no-cli',
      '--allow-loopback-peers', '--log-file', 'stdout', '--userdb', path.join(dir, 'users'), '--pidfile', path.join(dir, 'pid'),
    ], { stdio: ['ignore', 'pipe', 'pipe'] });
    const relay = Object.assign(new Relay(), { address, dir, child, log: '' });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => (relay.log += text));
    }
    try {
      await until('the relay answers', () => {
        if (child.exitCode !== null) throw new Error(`the relay ended with ${child.exitCode}: ${relay.log}`);
        return answers(address);
      });
    } catch (error) {
      await relay.stop();
      throw error;
    }
    return relay;
  }

  async stop() {
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Whether a STUN server answers there (RFC 8489, section 6: a binding request without attributes). */
async function answers(address) {
  const socket = dgram.createSocket('udp4');
  try {
    const answered = new Promise((resolve) => {
      socket.once('message', (message) => resolve(message.readUInt16BE(0) === 0x0101));
      socket.once('error', () => resolve(false));
      setTimeout(() => resolve(false), 300);
    });
    const request = Buffer.alloc(20);
    request.writeUInt16BE(0x0001, 0);
    request.writeUInt32BE(0x2112a442, 4);
    socket.send(request, PORT, address);
    return await answered;
  } finally {
    socket.close();
  }
}

let relay, browser;
const servers = new Set();
before(async () => {
  relay = await Relay.start();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await Promise.all([...servers].map((server) => server.stop()));
  await relay?.stop();
});

async function server(secret) {
  const args = ['--turn', `turn:${relay.address}:${PORT}?transport=udp`, '--turn', `turn:${relay.address}:${PORT}?transport=tcp`];
  const server = await Server.start({ args, env: { ZVONOK_TURN_SECRET: secret } });
  servers.add(server);
  return server;
}

/** Somebody whose media goes through relays only. */
async function person(server, session, version) {
  const page = await Page.open(browser, server, version);
  await page.call('travel', 'relay');
  await page.call('join', await server.token(session));
  return page;
}

for (const version of Object.keys(LIBRARIES)) {
  test(`two who reach nothing but the relay see and hear each other (${version})`, async () => {
    const media = await server(TURN_SECRET);
    const session = await media.session();
    const [man, woman] = [await person(media, session, version), await person(media, session, version)];
    try {
      await man.call('publish');
      await woman.call('publish');
      for (const page of [man, woman]) {
        await page.until('30 frames and a second of sound', 'flows', 30, 50);
        const ways = await page.call('ways');
        assert.equal(ways.length, 2, 'one peer connection to publish, one to subscribe');
        for (const way of ways) {
          assert.deepEqual([way.state, way.type], ['connected', 'relay'], JSON.stringify(way));
          assert.ok(way.servers.every((url) => url.startsWith(`turn:${relay.address}:${PORT}`)), JSON.stringify(way));
        }
      }
      assert.ok(!media.log.includes(TURN_SECRET), 'the secret is in the log');
    } finally {
      await man.close();
      await woman.close();
      servers.delete(media);
      await media.stop();
    }
  });
}

test('credentials of another secret let nobody through the relay', async () => {
  const media = await server('another-secret');
  const page = await person(media, await media.session(), '2.32.2');
  await page.call('publish');
  await page.until('a refusal', 'refused', 401);
  assert.ok((await page.call('refusals')).every((it) => it.url.startsWith(`turn:${relay.address}:${PORT}`)));
  await until('the browser gives up', async () => (await page.call('ways')).every((it) => it.gathering === 'complete'));
  const [way] = await page.call('ways');
  assert.deepEqual([way.state === 'connected', way.type], [false, null], JSON.stringify(way));
  await page.close();
});
