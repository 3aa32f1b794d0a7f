// What most browser tests begin with.

import { after, before } from 'node:test';

import { Server, startBrowser } from './rig.mjs';

/** A server, started with `options`, and a browser for all tests of a file; `take` is given both before the first. */
export function stage(take, options) {
  const it = {};
  before(async () => {
    it.server = await Server.start(options);
    it.browser = await startBrowser();
    take(it);
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.stop();
  });
}
