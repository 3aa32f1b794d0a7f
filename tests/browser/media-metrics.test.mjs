// What whoever looks after the server can read of media: a call of two pages in figures.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Page, Server, figures, freePort, startBrowser } from './rig.mjs';

test('a call of two pages shows in streams, packets, bytes and processor time, and in no losses', async () => {
  const port = await freePort();
  const server = await Server.start({ args: ['--metrics-listen', `127.0.0.1:${port}`] });
  const browser = await startBrowser();
  try {
    const empty = await figures(port);
    assert.equal(empty.zvonok_media_streams, 0);
    assert.equal(empty['zvonok_media_packets_total{direction="in"}'], 0);
    const session = await server.session();
    const pages = [await Page.open(browser, server), await Page.open(browser, server)];
    for (const page of pages) {
      await page.call('join', await server.token(session));
      await page.call('publish');
    }
    for (const page of pages) await page.until('60 frames and two seconds of sound', 'flows', 60, 100);
    const call = await figures(port);
    assert.equal(call.zvonok_media_sessions, 1);
    assert.equal(call.zvonok_media_sockets, 2);
    assert.equal(call.zvonok_media_streams, 2);
    assert.equal(call.zvonok_media_forwarded_streams, 2);
    const [into, out] = ['in', 'out'].map((way) => call[`zvonok_media_packets_total{direction="${way}"}`]);
    // Two streams of at least 60 pictures and 100 packets of sound each; every one goes to one other.
    assert.ok(into >= 320 && out >= 320 && out <= into, `${into} in, ${out} out`);
    assert.ok(call['zvonok_media_payload_bytes_total{direction="out"}'] > 100 * out / 2, JSON.stringify(call));
    assert.equal(call.zvonok_media_packets_lost_total, 0);
    const [cpu, streams] = [call.zvonok_media_cpu_seconds_total, call.zvonok_media_forwarded_stream_seconds_total];
    assert.ok(streams >= 4, `two streams for at least 2 s: ${streams} s`);
    // What is printed is for people; the test only holds what no machine may miss.
    console.log(`processor time of one forwarded stream: ${((1_000 * cpu) / streams).toFixed(2)} ms/s`);
    assert.ok(cpu > 0 && cpu < streams, `${cpu} s for ${streams} s of streams`);
    for (const page of pages) await page.close();
    const health = await fetch(`${server.mediaUrl}/healthz`);
    assert.deepEqual([health.status, await health.json()], [200, { status: 0, media: 'answers' }]);
  } finally {
    await browser.close();
    await server.stop();
  }
});
