// Recordings of everybody in one file: real publishers, and GStreamer that looks at what was composed of them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { decoded, loudness, pictureAt, unpack } from './media-side.mjs';
import { Page, SECRET, Server, startBrowser, until } from './rig.mjs';

const run = promisify(execFile);
const seconds = (count) => new Promise((resolve) => setTimeout(resolve, count * 1000));
let server, browser, dir;
before(async () => {
  server = await Server.start();
  browser = await startBrowser();
  dir = await mkdtemp(path.join(tmpdir(), 'zvonok-composed-'));
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (dir) await rm(dir, { recursive: true });
});

async function publisher(session, on = server, connection = {}) {
  const page = await Page.open(browser, on);
  await page.call('join', await on.token(session, connection));
  await page.call('publish');
  await page.until('frames are sent', 'sends', 5);
  return page;
}

const start = (session, more = {}, on = server) => on.rest('POST', '/recordings/start', { session, ...more });
const stop = (id, on = server) => on.rest('POST', `/recordings/stop/${id}`);

/** The recording once it is `status`. */
const become = (status, id, on = server) =>
  until(`it is ${status}`, async () => {
    const { json } = await on.rest('GET', `/recordings/${id}`);
    return json?.status === status && json;
  }, 90_000);

/** Downloads what was composed. */
async function download(url) {
  const authorization = `Basic ${Buffer.from(`OPENVIDUAPP:${SECRET}`).toString('base64')}`;
  assert.equal((await fetch(url)).status, 401, 'only for those who have the secret');
  const response = await fetch(url, { headers: { authorization } });
  assert.equal(response.status, 200);
  const file = path.join(dir, `${Date.now()}-${path.basename(new URL(url).pathname)}`);
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return { file, type: response.headers.get('content-type') };
}

test('everybody is in one file, who came later and left earlier too, and who is in no recording of single streams', async () => {
  const session = await server.session();
  const first = await publisher(session);
  const { status, json } = await start(session, { name: 'all', resolution: '640x360', frameRate: 20 });
  assert.equal(status, 200);
  assert.deepEqual(
    [json.status, json.outputMode, json.resolution, json.frameRate, json.recordingLayout, json.url],
    ['started', 'COMPOSED', '640x360', 20, 'BEST_FIT', null],
  );
  await seconds(3);
  const second = await publisher(session, server, { record: false });
  await seconds(3);
  await second.call('leave');
  await seconds(2);
  await stop(session);
  const ready = await become('ready', session);
  assert.match(ready.url, /\/openvidu\/recordings\/[^/]+\/all\.(mp4|webm)$/);
  assert.ok(ready.duration > 8 && ready.size > 10_000 && !('failure' in ready), JSON.stringify(ready));

  const { file, type } = await download(ready.url);
  assert.match(type, /^video\/(mp4|webm)$/);
  const { stdout } = await run('gst-discoverer-1.0', [file]);
  assert.match(stdout, /video #\d/);
  assert.match(stdout, /audio #\d/);
  assert.match(stdout, /Width: 640\s+Height: 360/);
  const [, minutes, rest] = /Duration: \d+:(\d+):([\d.]+)/.exec(stdout);
  const long = Number(minutes) * 60 + Number(rest);
  assert.ok(Math.abs(long - ready.duration) < 0.3, `${long} s, and ${ready.duration} were told`);
  const played = await decoded(file);
  assert.equal(played.complaints, '');
  assert.ok(Math.abs(played.video.frames - 20 * ready.duration) <= 3, `${played.video.frames} frames in ${ready.duration} s`);
  assert.ok((await loudness(file)) > -60, 'the fake microphones beep');
  // One is in the middle, two are beside each other: the left edge is black, then it is not, then it is again.
  // The fake camera's background is green.
  const edge = (at) => Math.max(...[5, 6].map((row) => at[row * 16 * 3 + 1]));
  const alone = edge(await pictureAt(file, 2));
  const two = edge(await pictureAt(file, ready.duration - 3.5));
  const again = edge(await pictureAt(file, ready.duration - 0.7));
  assert.ok(alone < 40 && two > 60 && again < 40, `${alone}, ${two}, ${again}`);

  assert.equal((await fetch(ready.url.replace(/\.\w+$/, '.zip'))).status, 401);
  assert.equal((await unpack(ready.url.replace(/\.\w+$/, '.zip'))).status, 404, 'there is nothing else');
  assert.equal((await server.rest('DELETE', `/recordings/${session}`)).status, 204);
  await first.close();
  await second.close();
});

test('sound alone is WebM', async () => {
  const session = await server.session();
  const page = await publisher(session);
  await start(session, { hasVideo: false });
  await seconds(2);
  await stop(session);
  const ready = await become('ready', session);
  assert.match(ready.url, /\.webm$/);
  const played = await decoded((await download(ready.url)).file);
  assert.deepEqual([played.complaints, played.video, played.audio.codec], ['', undefined, 'opus']);
  assert.ok(Math.abs(played.seconds - ready.duration) < 0.2);
  await page.close();
});

test('without GStreamer, or in a layout of somebody else, it is refused in words', async () => {
  const bare = await Server.start({ env: { PATH: dir } });
  const session = await bare.session();
  const page = await publisher(session, bare);
  const refused = await start(session, {}, bare);
  assert.equal(refused.status, 501);
  assert.match(refused.json.message, /GStreamer.*gst-launch-1\.0 is not installed.*INDIVIDUAL/);
  const laidOut = await start(session, { recordingLayout: 'PICTURE_IN_PICTURE' }, bare);
  assert.equal(laidOut.status, 501);
  assert.match(laidOut.json.message, /BEST_FIT/);
  assert.equal((await start(session, { outputMode: 'INDIVIDUAL' }, bare)).status, 200, 'nothing of it is left');
  await page.close();
  await bare.stop();
});

test('what composes may crash: the recording has failed, says why, and has the single streams', async () => {
  const broken = path.join(dir, 'gst-launch-1.0');
  await writeFile(broken, '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "out of paint" >&2\nkill -ABRT $$\n', { mode: 0o755 });
  const sick = await Server.start({ env: { PATH: `${dir}:${process.env.PATH}` } });
  const session = await sick.session();
  const page = await publisher(session, sick);
  await start(session, {}, sick);
  await seconds(2);
  const { json } = await stop(session, sick);
  assert.equal(json.status, 'failed');
  assert.match(json.failure, /of sound ended \(signal: 6.*out of paint/);
  const archive = await unpack(json.url);
  const played = await decoded(archive.path(archive.index.files[0].name));
  assert.equal(played.complaints, '');
  assert.ok(played.video.frames > 10 && played.audio.frames > 50, JSON.stringify(played));
  await archive.remove();
  await page.close();
  await sick.stop();
  await rm(broken);
});

test('a server that dies while it composes leaves it to the next one', async () => {
  const first = await Server.start({ args: ['--cdr'] });
  const session = await first.session();
  const page = await publisher(session, first);
  await start(session, {}, first);
  await seconds(4);
  const stopping = stop(session, first).catch(() => undefined);
  await until('it is being composed', async () => (await first.rest('GET', `/recordings/${session}`)).json.status !== 'started');
  const ended = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await Promise.all([ended, stopping]);
  await page.close();
  const second = await Server.start({ dataDir: first.dataDir, args: ['--cdr'] });
  const ready = await become('ready', session, second);
  const played = await decoded((await download(ready.url)).file);
  assert.equal(played.complaints, '');
  assert.ok(Math.abs(played.seconds - ready.duration) < 0.3 && ready.duration > 3, JSON.stringify([played, ready]));
  const told = () => second.records().then((text) => text.split('\n').filter((line) => line.includes('"status":"ready"')));
  await until('it is told', async () => (await told()).length === 1);
  assert.ok((await told())[0].includes(ready.id));
  await second.stop();
});
