// Who speaks: a real browser's packets say how loud they are, and the server listens to nothing else.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { Page, Server, startBrowser, until } from './rig.mjs';

const run = promisify(execFile);

test('who speaks in a browser is known to the session, and who is silent is not', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'zvonok-speaker-'));
  const words = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen';
  await run('espeak-ng', ['-a', '200', '-w', path.join(dir, 'words.wav'), words]);
  await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anullsrc=r=48000', '-t', '5', path.join(dir, 'silence.wav')]);
  const heard = (file) =>
    startBrowser([
      '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${path.join(dir, file)}`,
    ]);
  const server = await Server.start({ env: { RUST_LOG: 'info,zvonok_server=debug' } });
  const browsers = [await heard('silence.wav'), await heard('words.wav')];
  try {
    const session = await server.session();
    const [silent, speaks] = await Promise.all(browsers.map((browser) => Page.open(browser, server)));
    const silentId = await silent.call('join', await server.token(session));
    await silent.call('publish');
    await silent.until('frames are sent', 'sends', 5);
    const id = await speaks.call('join', await server.token(session));
    await speaks.call('publish');
    const lines = () => server.log.split('\n').filter((line) => line.includes('somebody else speaks'));
    await until('the speaker is known', () => lines().some((line) => line.includes(id)));
    assert.deepEqual(lines().filter((line) => line.includes(silentId)), [], 'silence is nobody speaking');
    await speaks.call('leave');
    await until('the speaker has left', () => lines().length === 2);
  } finally {
    for (const browser of browsers) await browser.close();
    await server.stop();
    await rm(dir, { recursive: true });
  }
});
