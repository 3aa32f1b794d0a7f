/** A headless Chromium with one page of `pages/`, for tests and for the program `chromium.mjs`. */
import { startBrowser } from '../rig.mjs';
import { mintToken, servePages } from './page-server.mjs';

/** How long a page may take to load, and a button to be there and pressed, in milliseconds. */
const PRESS = 60_000;

/** The kinds of pages: their file. */
export const kinds = { woman: 'woman.html', man: 'man.html', 'two-way': 'two-way.html' };

/**
 * Opens a page. `kind`: one of {@link kinds}; `login`; `hub`: its address (not for `two-way`); `openvidu` and `secret`;
 * `library`: version of openvidu-browser; `session` and `token`: what `two-way` joins (without a token one is minted);
 * `fakeMedia`: use the project's test camera and voice; `peer`: whose voice to expect then; `watcher`: is told every
 * event of the page.
 */
export async function visit({
  kind,
  login,
  hub,
  openvidu,
  secret,
  library = '2.32.2',
  session,
  token,
  fakeMedia,
  peer,
  watcher,
}) {
  const closing = [];
  const close = async () => {
    for (const step of closing.splice(0).toReversed()) await step();
  };
  try {
    const settings = { login, hub, session, peer, fakeMedia: Boolean(fakeMedia) };
    if (kind === 'two-way') settings.token = token ?? (await mintToken({ openvidu, secret, session }));
    const pages = await servePages({ openvidu, secret, settings, library });
    closing.push(() => pages.close());
    const browser = await startBrowser();
    closing.push(() => browser.close());
    watcher({ event: 'browser', at: Date.now() });
    const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ['camera', 'microphone'] });
    context.setDefaultTimeout(PRESS);
    const page = await context.newPage();
    await page.exposeFunction('watcher', watcher);
    page.on('pageerror', (error) => watcher({ event: 'page_error', at: Date.now(), message: String(error) }));
    page.on('crash', () => watcher({ event: 'page_error', at: Date.now(), message: 'the page crashed' }));
    await page.goto(`${pages.url}/${kinds[kind]}`);
    await page.waitForFunction(() => document.getElementById('state').textContent !== '');
    return new Visitor(page, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** A person before the page. */
class Visitor {
  #page;
  #close;

  constructor(page, close) {
    this.#page = page;
    this.#close = close;
  }

  /** Presses *Call*; on the calling page after typing whom. */
  async call(login) {
    if (login !== undefined) await this.#page.fill('#whom', login);
    await this.#page.click('#call');
  }

  accept() {
    return this.#page.click('#accept');
  }

  decline() {
    return this.#page.click('#decline');
  }

  stop() {
    return this.#page.click('#stop');
  }

  /** What the page says in words. */
  state() {
    return this.#page.textContent('#state');
  }

  /** Figures of the call, or of the last one; null before the first. */
  figures() {
    return this.#page.evaluate(() => globalThis.figures?.() ?? null);
  }

  /** A picture of the page. */
  screenshot(path) {
    return this.#page.screenshot({ path });
  }

  /** Ends the browser and the page's server. */
  close() {
    return this.#close();
  }
}
