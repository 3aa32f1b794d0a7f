// Networks that let little through: no UDP at all, and losses that everybody is told of.

import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { LIBRARIES, Page, Server, startBrowser, until } from './rig.mjs';

/** A way to a UDP port on which a part of the media is lost, as on a bad radio link. ICE and DTLS get through. */
class Link {
  static async to(port) {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const link = Object.assign(new Link(), { socket, port: socket.address().port, to: port, behind: new Map(), loss: 0, passed: 0 });
    socket.on('message', (message, { port }) => link.upstream(port).then((it) => link.pass(message, it, link.to)));
    return link;
  }

  /** The socket that the server knows a client's by. */
  upstream(port) {
    if (!this.behind.has(port)) {
      const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
      socket.on('message', (message) => this.pass(message, this.socket, port));
      this.behind.set(port, once(socket, 'listening').then(() => socket));
    }
    return this.behind.get(port);
  }

  pass(message, socket, port) {
    if (message[0] >= 128) {
      this.passed += 1;
      // Regularly, so that each run is the same.
      if (this.loss > 0 && this.passed % Math.round(1 / this.loss) === 0) return;
    }
    socket.send(message, port, '127.0.0.1');
  }

  async close() {
    this.socket.close();
    for (const socket of this.behind.values()) (await socket).close();
  }
}

let server, browser;
before(async () => {
  server = await Server.start();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const version of Object.keys(LIBRARIES)) {
  test(`who is given no way by UDP sees and is seen over TCP (${version})`, async () => {
    const session = await server.session();
    const [first, second] = [await Page.open(browser, server, version), await Page.open(browser, server, version)];
    try {
      await first.call('travel', 'tcp');
      await first.call('join', await server.token(session));
      await first.call('publish');
      await second.call('join', await server.token(session));
      await second.call('publish');
      for (const page of [first, second]) await page.until('30 frames and a second of sound', 'flows', 30, 50);
      assert.deepEqual((await first.call('ways')).map((it) => it.protocol), ['tcp', 'tcp']);
      assert.deepEqual((await second.call('ways')).map((it) => it.protocol), ['udp', 'udp'], 'who has UDP uses it');
    } finally {
      await first.close();
      await second.close();
    }
  });

  test(`a bad network is told to everybody, and its end as well (${version})`, async () => {
    const session = await server.session();
    const [first, second] = [await Page.open(browser, server, version), await Page.open(browser, server, version)];
    const [, port] = /media +udp 127\.0\.0\.1:(\d+)/.exec(server.log);
    const link = await Link.to(Number(port));
    try {
      await first.call('travel', 'port', link.port);
      const id = await first.call('join', await server.token(session));
      await first.call('publish');
      await second.call('join', await server.token(session));
      await second.until('10 frames', 'flows', 10, 10);
      assert.deepEqual(await second.call('events', 'networkQualityLevelChanged'), [], 'nobody has to be told of a good one');
      link.loss = 0.25;
      for (const page of [first, second]) {
        const { connection, value, old } = await page.event('networkQualityLevelChanged');
        assert.deepEqual([connection, old], [id, 5]);
        assert.ok(value < 5, `level ${value}`);
      }
      await until('it is bad', async () => (await second.call('events', 'networkQualityLevelChanged')).at(-1).value <= 2);
      link.loss = 0;
      await until('it is good again', async () => (await second.call('events', 'networkQualityLevelChanged')).at(-1).value >= 4);
    } finally {
      await link.close();
      await first.close();
      await second.close();
    }
  });
}
