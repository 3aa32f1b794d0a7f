// Recordings: a real publisher, and ffmpeg that plays what was recorded.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { decoded, loudness, pictureAt, unpack } from './media-side.mjs';
import { Page, SECRET, Server, until } from './rig.mjs';
import { stage } from './stage.mjs';

const { OpenVidu, Recording } = (await import('openvidu-node-client')).default;
console.log = () => {};

const INDIVIDUAL = { outputMode: 'INDIVIDUAL' };
let server, browser;
stage((it) => ({ server, browser } = it), { args: ['--recording-autostop', '2'] });

/** Somebody who publishes in a session of its own. */
async function publisher({ on = server, properties = {}, connection = {}, options } = {}) {
  const session = await on.session(properties);
  const page = await Page.open(browser, on);
  const id = await page.call('join', await on.token(session, { data: 'server data', ...connection }), { data: 'client data' });
  const stream = await page.call('publish', options);
  await page.until('frames are sent', 'sends', 5);
  return { session, page, id, stream };
}

const start = (session, more = {}, on = server) => on.rest('POST', '/recordings/start', { session, ...INDIVIDUAL, ...more });
const stop = (id, on = server) => on.rest('POST', `/recordings/stop/${id}`);
const seconds = (count) => new Promise((resolve) => setTimeout(resolve, count * 1000));

test('two streams are recorded, packed, downloaded and played', async () => {
  const { session, page, id, stream } = await publisher();
  const { status, json } = await start(session, { name: 'first~one' });
  assert.equal(status, 200);
  assert.deepEqual(json, {
    id: session, object: 'recording', name: 'first~one', outputMode: 'INDIVIDUAL', sessionId: session,
    createdAt: json.createdAt, size: 0, duration: 0, url: null, hasAudio: true, hasVideo: true, status: 'started',
  });
  assert.equal((await page.event('recordingStarted')).recording, session);
  assert.equal((await server.rest('GET', `/sessions/${session}`)).json.recording, true);
  const other = await Page.open(browser, server);
  const otherId = await other.call('join', await server.token(session));
  assert.equal((await other.event('recordingStarted')).recording, session, 'who comes later is told too');
  const otherStream = await other.call('publish', { video: false });
  await page.until('the sound', 'flows', 0, 150);
  await seconds(4);
  const stopped = await stop(session);
  assert.equal(stopped.status, 200);
  assert.equal(stopped.json.status, 'ready');
  assert.equal(stopped.json.url, `${server.mediaUrl}/openvidu/recordings/${session}/first~one.zip`);
  assert.equal((await page.event('recordingStopped')).reason, 'recordingStoppedByServer');

  assert.equal((await unpack(stopped.json.url, { secret: 'wrong' })).status, 401);
  const archive = await unpack(stopped.json.url);
  assert.equal(archive.type, 'application/zip');
  assert.equal(archive.size, stopped.json.size);
  const { files, ...index } = archive.index;
  assert.deepEqual(index, { createdAt: json.createdAt, id: session, name: 'first~one', sessionId: session });
  assert.deepEqual(files.map((it) => it.streamId), [stream, otherStream]);
  const [first, second] = files;
  assert.equal(first.name, `${stream}.webm`);
  assert.equal(first.connectionId, id);
  assert.equal(second.connectionId, otherId);
  assert.equal(first.clientData, 'client data');
  assert.equal(first.serverData, 'server data');
  assert.equal(first.typeOfVideo, 'CAMERA');
  assert.ok(!('typeOfVideo' in second) && second.hasAudio && !second.hasVideo);
  assert.ok(second.startTimeOffset > first.startTimeOffset, 'it came later');
  assert.ok(first.endTimeOffset <= 1000 * stopped.json.duration + first.startTimeOffset);

  const one = await decoded(archive.path(first.name));
  const expected = (first.endTimeOffset - first.startTimeOffset) / 1000;
  assert.ok(expected >= 4, `${expected} s`);
  assert.equal(one.complaints, '');
  assert.deepEqual([one.video.codec, one.video.width, one.video.height], ['vp8', 640, 480]);
  assert.equal(one.audio.codec, 'opus');
  assert.ok(Math.abs(one.seconds - expected) < 0.2, `${one.seconds} s, the index says ${expected}`);
  assert.ok(one.video.frames > 10 * expected, `${one.video.frames} frames`);
  assert.ok(one.audio.frames > 45 * expected, `${one.audio.frames} packets`);
  assert.ok((await loudness(archive.path(first.name))) > -60, 'the fake microphone beeps');
  assert.notDeepEqual(await pictureAt(archive.path(first.name), 1), await pictureAt(archive.path(first.name), 3));
  const two = await decoded(archive.path(second.name));
  assert.deepEqual([two.complaints, two.video, two.audio.codec], ['', undefined, 'opus']);
  await archive.remove();

  const again = await start(session);
  assert.equal(again.json.id, `${session}~1`, 'the second one of the session');
  await stop(`${session}~1`);
  assert.equal((await server.rest('DELETE', `/recordings/${session}~1`)).status, 204);
  assert.equal((await server.rest('DELETE', `/recordings/${session}~1`)).status, 404);
  await page.close();
  await other.close();
});

for (const [codec, name, extension] of [['VP9', 'vp9', 'webm'], ['H264', 'h264', 'mkv']]) {
  test(`${codec} is forwarded where the session insists on it, and recorded`, async (context) => {
    const { session, page, stream } = await publisher({ properties: { forcedVideoCodec: codec } });
    const viewer = await Page.open(browser, server);
    if (!(await viewer.call('canCode', codec))) return context.skip(`this browser has no ${codec}`);
    await viewer.call('join', await server.token(session));
    await viewer.until('frames', 'flows', 30, 30);
    assert.equal(await viewer.call('codecs'), `video/${codec}`);
    await start(session);
    await seconds(3);
    const archive = await unpack((await stop(session)).json.url);
    const [file] = archive.index.files;
    assert.equal(file.name, `${stream}.${extension}`);
    const played = await decoded(archive.path(file.name));
    assert.deepEqual([played.complaints, played.video.codec, played.audio.codec], ['', name, 'opus']);
    assert.ok(played.video.frames > 30 && played.video.width === 640, JSON.stringify(played.video));
    await page.call('reconnectPublisher');
    await viewer.until('frames after it', 'flows', 20, 20, await viewer.call('media'));
    await archive.remove();
    await page.close();
    await viewer.close();
  });
}

test('openvidu-node-client starts, lists, stops and deletes', async () => {
  const openvidu = new OpenVidu(server.mediaUrl, SECRET);
  const { session, page } = await publisher();
  const started = await openvidu.startRecording(session, { outputMode: Recording.OutputMode.INDIVIDUAL, name: 'mine' });
  assert.equal(started.status, 'started');
  assert.ok((await openvidu.listRecordings()).some((it) => it.id === started.id));
  await assert.rejects(openvidu.startRecording(session), /409/);
  await assert.rejects(openvidu.deleteRecording(started.id), /409/);
  const stopped = await openvidu.stopRecording(started.id);
  assert.equal(stopped.status, 'ready');
  assert.equal((await openvidu.getRecording(started.id)).url, stopped.url);
  await assert.rejects(openvidu.stopRecording(started.id), /404/);
  await openvidu.deleteRecording(started.id);
  await assert.rejects(openvidu.getRecording(started.id), /404/);
  await page.close();
});

test('what cannot be recorded is refused as OpenVidu refuses it', async () => {
  const { session, page } = await publisher();
  const idle = await server.session();
  const relayed = await server.session({ mediaMode: 'RELAYED' });
  for (const [body, status] of [
    [{ ...INDIVIDUAL }, 400],
    [{ session: 7 }, 400],
    [{ session: 'nobody' }, 404],
    [{ session: idle }, 406],
    [{ session: relayed }, 409],
    [{ session, name: '../../etc/passwd' }, 400],
    [{ session, name: 'a b' }, 400],
    [{ session, outputMode: 'OTHER' }, 400],
    [{ session, hasAudio: 'yes' }, 400],
    [{ session, resolution: 7 }, 400],
    [{ session, customLayout: 'https://evil.example/' }, 400],
    [{ session, customLayout: '../..' }, 400],
    [{ session, hasAudio: false, hasVideo: false }, 422],
    [{ session, resolution: '50x50' }, 422],
    [{ session, frameRate: 0 }, 422],
    [{ session, frameRate: -1 }, 422],
    [{ session, shmSize: 1 }, 422],
  ]) {
    const answer = await server.rest('POST', '/recordings/start', body);
    assert.equal(answer.status, status, JSON.stringify(body));
  }
  assert.equal((await server.rest('POST', '/recordings/start')).status, 400);
  for (const path of ['..%2f..%2fsecret/x.zip', `${session}/..%2f..%2fsecret`, 'a/b.zip', '%2e%2e/%2e%2e.zip']) {
    const authorization = `Basic ${Buffer.from(`OPENVIDUAPP:${SECRET}`).toString('base64')}`;
    const { status } = await fetch(`${server.mediaUrl}/openvidu/recordings/${path}`, { headers: { authorization } });
    assert.equal(status, 404, path);
  }
  await page.close();
});

test('a recording ends by itself when nobody publishes, and keeps its session so long', async () => {
  const { session, page } = await publisher();
  await start(session);
  await seconds(1);
  await page.call('leave');
  assert.equal((await server.rest('GET', `/sessions/${session}`)).status, 200, 'it is still recorded');
  const ended = await until('it ends', async () => {
    const { json } = await server.rest('GET', `/recordings/${session}`);
    return json.status === 'ready' && json;
  });
  assert.ok(ended.duration > 0.5);
  await until('the session ends', async () => (await server.rest('GET', `/sessions/${session}`)).status === 404);
  await page.close();
});

test('publishing again goes on with the recording', async () => {
  const { session, page, stream } = await publisher({ connection: { role: 'MODERATOR' } });
  await start(session);
  await seconds(1);
  await page.call('unpublish');
  const second = await page.call('publish', { audio: false });
  await seconds(4);
  assert.equal((await server.rest('GET', `/recordings/${session}`)).json.status, 'started');
  const archive = await unpack((await stop(session)).json.url);
  assert.deepEqual(archive.index.files.map((it) => it.streamId), [stream, second]);
  for (const file of archive.index.files) {
    const played = await decoded(archive.path(file.name));
    assert.equal(played.complaints, '');
    assert.equal(Boolean(played.audio), file.streamId === stream);
  }
  await archive.remove();
  await page.close();
});

test('a session that is always recorded begins with its first stream, without those who are left out', async () => {
  const properties = { recordingMode: 'ALWAYS', defaultRecordingProperties: { outputMode: 'INDIVIDUAL', hasAudio: false } };
  const session = await server.session(properties);
  const left = await Page.open(browser, server);
  await left.call('join', await server.token(session, { record: false }));
  await left.call('publish');
  const page = await Page.open(browser, server);
  await page.call('join', await server.token(session));
  const stream = await page.call('publish');
  await page.event('recordingStarted');
  await seconds(2);
  const archive = await unpack((await stop(session)).json.url);
  assert.deepEqual(archive.index.files.map(({ streamId, hasAudio, hasVideo }) => ({ streamId, hasAudio, hasVideo })), [
    { streamId: stream, hasAudio: false, hasVideo: true },
  ]);
  assert.equal((await decoded(archive.path(archive.index.files[0].name))).audio, undefined);
  await archive.remove();
  await page.close();
  await left.close();
});

test('a session that would always be recorded in a way that is not made here is refused', async () => {
  const { session, page } = await publisher();
  const made = (await start(session, { outputMode: 'COMPOSED' })).status !== 501;
  for (const properties of [{}, { defaultRecordingProperties: { outputMode: 'COMPOSED' } }]) {
    const { status, json } = await server.rest('POST', '/sessions', { recordingMode: 'ALWAYS', ...properties });
    assert.equal(status, made ? 200 : 501);
    if (!made) assert.match(json.message, /INDIVIDUAL/);
  }
  if (made) await stop(session);
  await page.close();
});

test('a session that is always recorded is so as soon as nothing stands in the way', async () => {
  const full = await Server.start({ args: ['--recording-limit-mb', '0'] });
  const { page, session } = await publisher({
    on: full, properties: { recordingMode: 'ALWAYS', defaultRecordingProperties: { outputMode: 'INDIVIDUAL' } },
  });
  await until('it was tried', () => /not recorded, though it is to be/.test(full.log));
  await page.call('unpublish');
  await page.call('publish');
  await until('it is tried again', () => full.log.match(/not recorded, though it is to be/g).length === 2);
  assert.equal((await full.rest('GET', `/sessions/${session}`)).json.recording, false);
  await page.close();
  await full.stop();
});

test('what was recorded before a crash plays', async () => {
  const first = await Server.start();
  const { session, page, stream } = await publisher({ on: first });
  await start(session, {}, first);
  await seconds(5);
  const ended = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await ended;
  await page.close();
  const second = await Server.start({ dataDir: first.dataDir });
  const recording = await until('it is finished', async () => {
    const { json } = await second.rest('GET', `/recordings/${session}`);
    return json?.status === 'ready' && json;
  });
  const archive = await unpack(recording.url.replace(/:\d+\//, `:${second.mediaPort}/`));
  assert.deepEqual(archive.index.files.map((it) => it.streamId), [stream]);
  const played = await decoded(archive.path(archive.index.files[0].name));
  assert.equal(played.complaints, '');
  assert.ok(played.seconds > 3 && played.video.frames > 30 && played.audio.frames > 150, JSON.stringify(played));
  assert.ok(Math.abs(played.seconds - recording.duration) < 0.2);
  await archive.remove();
  await second.stop();
});

test('recordings take no more of the disk than they may', async () => {
  const small = await Server.start({ args: ['--recording-limit-mb', '1'] });
  const { session, page } = await publisher({ on: small });
  await start(session, {}, small);
  const ended = await until('it ends', async () => {
    const { json } = await small.rest('GET', `/recordings/${session}`);
    return json.status === 'ready' && json;
  }, 60_000);
  // Half of it is what the archive was made of.
  assert.ok(ended.size <= 0.6 * 1024 * 1024, `${ended.size} bytes`);
  const archive = await unpack(ended.url);
  assert.equal((await decoded(archive.path(archive.index.files[0].name))).complaints, '');
  await archive.remove();
  await page.close();
  await small.stop();
});
