// What `npm run shots` draws: every window in every state, at the size it opens with (src-tauri/src/shell/windows.rs), at
// its smallest, and as it is when its text is doubled.

const main = { page: 'main.html', width: 380, height: 640 };
const wide = { page: 'main.html', width: 960, height: 640 };
const ring = { page: 'ring.html', width: 380, height: 400 };
const call = { page: 'call.html', width: 900, height: 650 };

/** The same window with everything drawn twice as large. */
const doubled = ({ page, width, height }) => ({ page, width: width / 2, height: height / 2 });

/** Presses the first control that is found so, whatever the language. */
const press =
  (...selectors) =>
  async (page) => {
    for (const selector of selectors) await page.click(selector);
  };

const settings = 'header button';
const test = 'footer button:first-child';

export const shots = [
  { name: 'main-people', ...main, scenario: 'office', act: async (page) => page.hover('ul li:nth-child(1)') },
  { name: 'main-recent', ...main, scenario: 'office', act: press('#tab-recent') },
  { name: 'main-typed', ...main, scenario: 'office', act: async (page) => page.fill('input', 'olga-7') },
  { name: 'main-noone', ...main, scenario: 'office', act: async (page) => page.fill('input', 'ольга 7') },
  { name: 'main-nobody', ...main, scenario: 'alone' },
  { name: 'main-notices', ...main, scenario: 'notices' },
  { name: 'main-offline', ...main, scenario: 'offline' },
  { name: 'main-in-call', ...main, scenario: 'in-call' },
  { name: 'main-ringing', ...main, scenario: 'ring-video' },
  { name: 'main-person', ...main, scenario: 'office', act: press('ul li:nth-child(1) button') },
  { name: 'main-wide', ...wide, scenario: 'office', act: press('ul li:nth-child(1) button') },
  { name: 'main-smallest', ...main, width: 320, height: 480, scenario: 'notices' },
  { name: 'main-doubled', ...doubled(main), scenario: 'office' },
  { name: 'first-start', ...main, scenario: 'first' },
  { name: 'first-doubled', ...doubled(main), scenario: 'first' },
  { name: 'first-form', ...main, scenario: 'first', act: press('button:nth-of-type(2)') },
  {
    name: 'first-missing',
    ...main,
    scenario: 'first',
    act: press('button:nth-of-type(2)', test),
  },
  { name: 'settings', ...main, scenario: 'office', act: press(settings) },
  { name: 'settings-locked', ...main, scenario: 'locked', act: press(settings) },
  { name: 'settings-signed-out', ...main, scenario: 'signed-out', act: press(settings) },
  { name: 'main-signed-out', ...main, scenario: 'signed-out' },
  { name: 'settings-tested', ...main, scenario: 'office', act: press(settings, test) },
  { name: 'settings-changed', ...main, scenario: 'changed', act: press(settings) },
  { name: 'settings-doubled', ...doubled(main), scenario: 'office', act: press(settings, test) },
  { name: 'ring-video', ...ring, scenario: 'ring-video' },
  { name: 'ring-audio', ...ring, scenario: 'ring-audio' },
  { name: 'ring-watch', ...ring, scenario: 'ring-watch' },
  { name: 'ring-notice', ...ring, scenario: 'ring-notice' },
  { name: 'ring-reply', ...ring, scenario: 'ring-video', act: press('main > div:last-child button') },
  { name: 'ring-doubled', ...doubled(ring), scenario: 'ring-video' },
  { name: 'call', ...call, scenario: 'call' },
  { name: 'call-muted', ...call, scenario: 'muted' },
  { name: 'call-off', ...call, scenario: 'off' },
  { name: 'call-hidden', ...call, scenario: 'call', act: async (page) => page.waitForSelector('main.hidden') },
  { name: 'call-small', ...call, width: 480, height: 360, scenario: 'call' },
  { name: 'call-smallest', ...call, width: 320, height: 240, scenario: 'call' },
  { name: 'call-doubled', ...doubled(call), scenario: 'no-camera' },
  { name: 'call-calling', ...call, scenario: 'calling' },
  { name: 'call-calling-smallest', ...call, width: 320, height: 240, scenario: 'calling' },
  { name: 'call-connecting', ...call, scenario: 'connecting' },
  { name: 'call-reconnecting', ...call, scenario: 'reconnecting' },
  { name: 'call-no-camera', ...call, scenario: 'no-camera' },
  { name: 'call-silent', ...call, width: 480, height: 360, scenario: 'silent' },
  { name: 'call-watch', ...call, scenario: 'watch' },
  { name: 'call-shown', ...call, scenario: 'shown' },
  { name: 'call-shown-off', ...call, scenario: 'shown-off' },
  { name: 'call-voice', ...call, scenario: 'voice' },
  { name: 'call-busy', ...call, scenario: 'ended' },
  { name: 'call-declined', ...call, scenario: 'declined' },
];
