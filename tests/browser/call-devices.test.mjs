// Cameras that Chromium itself does not give to the built call window, because there is none or the person refused it.
// The person reads why, and is in the call with what is left. (Nothing makes Chromium's test camera fail to start as one
// does that another program has: that name is tried in ui/lib/openvidu/codes.test.ts.)

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

const cases = {
  absent: {
    flags: ['--use-fake-ui-for-media-stream'],
    codes: ['camera_absent', 'microphone_absent'],
    words: 'No camera was found, so you are not seen; plug one in and call again.',
  },
  refused: {
    flags: ['--use-fake-device-for-media-stream', '--deny-permission-prompts'],
    codes: ['camera_refused', 'microphone_absent'],
    words: 'The camera was refused, so you are not seen; allow it in the system settings and call again.',
  },
};

for (const [what, { flags, codes, words }] of Object.entries(cases)) {
  test(`a camera that is ${what} is said to be, and the call goes on`, async () => {
    const browser = await startBrowser(flags);
    try {
      const session = await where.server.session();
      await callWindow(where, 'man', 'woman', session);
      const woman = await callWindow({ ...where, browser }, 'woman', 'man', session, { fakeMedia: false });
      await until('she reads why', () => woman.page.getByText(words).count());
      await until('she sees and hears him', async () => {
        const { report } = await woman.told();
        return report && report.frames_received > 30 && report.audio_received > 48_000;
      });
      const { events, report } = await woman.told();
      assert.deepEqual(events.flatMap(({ kind, code }) => (kind === 'failed' ? [code] : [])), codes);
      assert.equal(report.frames_sent, 0);
      assert.equal(report.publishing, false);
      assert.deepEqual(woman.errors, []);
    } finally {
      await browser.close();
    }
  });
}
