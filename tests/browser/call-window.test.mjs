// The built call window itself, in Chromium: two of them call each other through the server, with the test camera and
// voice. What the core would answer is given by the page; the media is real from end to end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Server, startBrowser, until } from './rig.mjs';
import { callWindow, startSite } from './window-side.mjs';

const where = {};

before(async () => {
  where.server = await Server.start({ tls: 'off' });
  where.site = await startSite(where.server);
  where.browser = await startBrowser();
});

after(async () => {
  await where.browser?.close();
  await where.server?.stop();
  where.site?.close();
});

test('two call windows see and hear each other', async () => {
  const session = await where.server.session();
  const man = await callWindow(where, 'man', 'woman', session);
  const woman = await callWindow(where, 'woman', 'man', session);
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
    assert.ok(side.asked.every((url) => url.startsWith(where.site.origin)), side.asked.join());
    assert.equal(await side.page.evaluate(() => window.devicesAsked), 0, 'the test camera stands in for devices');
  }

  for (const { page } of [man, woman]) await page.evaluate(() => window.setView({ state: 'in_call' }));
  await man.page.mouse.move(30, 20);
  await man.page.getByRole('button', { name: 'Camera' }).click();
  await until('she is told that his picture is off', () => woman.page.getByText('Camera off').count());
  assert.equal(await man.page.getByRole('button', { name: 'Camera' }).getAttribute('aria-pressed'), 'false');

  // The button that was clicked has the focus, and yet nobody uses the keyboard.
  await man.page.mouse.move(20, 20);
  await until('the controls are out of the way', () => man.page.locator('main.hidden').count());
  const pressed = () =>
    man.page.evaluate(() => {
      const { x, y, width, height } = [...document.querySelectorAll('button')].at(-1).getBoundingClientRect();
      return document.elementFromPoint(x + width / 2, y + height / 2).closest('button') !== null;
    });
  assert.equal(await pressed(), false, 'what cannot be seen cannot be pressed');
  await man.page.mouse.move(40, 20);
  await until('they come back with the pointer, and can be pressed', pressed);

  await man.page.evaluate(() => window.setView({ state: 'ended' }));
  await until('the other side is told', async () => (await woman.told()).events.some(({ kind }) => kind === 'remoteLeft'));
  await Promise.all([man.page.context().close(), woman.page.context().close()]);
});

test('who only sees opens no device and sends nothing', async () => {
  const session = await where.server.session();
  const watch = { mode: 'watch' };
  // His are the computer's own devices, which a page that asked for them would get.
  const man = await callWindow(where, 'man', 'woman', session, { publish: false, fakeMedia: false }, watch);
  const woman = await callWindow(where, 'woman', 'man', session, { subscribe: false }, { ...watch, outgoing: false });
  await until('she is seen and heard', async () => {
    const { report } = await man.told();
    return report?.frames_received > 30 && report.audio_received > 48_000;
  }, 60_000);
  const { report } = await man.told();
  assert.deepEqual([report.publishing, report.frames_sent], [false, 0]);
  assert.equal(await man.page.evaluate(() => window.devicesAsked), 0);
  assert.equal((await woman.told()).report.subscribed, 0);
  assert.equal(await man.page.getByRole('button', { name: 'Microphone' }).count(), 0);
  await Promise.all([man.page.context().close(), woman.page.context().close()]);
});

test('real devices are opened as a person has them, and sound alone where only sound is wanted', async () => {
  const session = await where.server.session();
  const man = await callWindow(where, 'man', 'woman', session, { fakeMedia: false });
  const woman = await callWindow(where, 'woman', 'man', session, { fakeMedia: false, media: 'audio' }, { media: 'audio' });
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
  const session = await where.server.session();
  const man = await callWindow(where, 'man', 'woman', session, {
    url: `ws://127.0.0.1:${where.server.mediaPort}?sessionId=${session}&token=tok_wrong`,
  });
  await until('the window says so', () => man.page.getByText(/The server did not let you into the call/).count());
  assert.deepEqual(
    (await man.told()).events.map((event) => event.code ?? event.kind),
    ['token_refused', 'disconnected'],
  );
  await man.page.context().close();
});
