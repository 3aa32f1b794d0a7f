/**
 * A page of `pages/` in headless Chromium, driven by whoever starts this program: orders on standard input, events on
 * standard output, both one JSON object a line.
 *
 *   node chromium.mjs --kind woman|man|two-way --login NAME --openvidu URL [--hub URL] [--library 2.32.2|2.18.0]
 *                     [--session NAME] [--token TOKEN] [--fake-media] [--peer LOGIN]
 *
 * The secret comes in OPENVIDU_SECRET, since others can read a command line.
 *
 * Orders: `{"do":"call","login":"woman"}` (man; `{"do":"call"}` joins on a two-way page), `accept`, `decline`, `stop`,
 * `stats`, `screenshot` (with `path`), `quit`. Each is answered by `{"event":"done","do":…}` or
 * `{"event":"refused","do":…,"message":…}`; `stats` by `{"event":"stats","figures":…,"cost":…}` before that. An order's
 * `id`, if it has one, is in its answers.
 *
 * Events, each with `at` in milliseconds since 1970: `browser` (Chromium is there), `ready`, `online`, `offline`, `calling`,
 * `cancelled`, `declined`, `answer` (of the hub to a request), `accepting`, `joined`, `published`, `stream_created`,
 * `stream`, `picture` (the first remote frame that was painted), `ended`, `failed`, `page_error`, `exception`.
 *
 * It ends after `quit`, when its standard input ends, on SIGTERM and on SIGINT, and takes its browser along.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { costOfTree, descendants } from './processes.mjs';
import { kinds, visit } from './visitor.mjs';

/** How long the browser may take to end before what is left of it is killed, in milliseconds. */
const GRACE = 5000;

const { values } = parseArgs({
  options: {
    kind: { type: 'string' },
    login: { type: 'string' },
    hub: { type: 'string' },
    openvidu: { type: 'string' },
    library: { type: 'string', default: '2.32.2' },
    session: { type: 'string' },
    token: { type: 'string' },
    peer: { type: 'string' },
    'fake-media': { type: 'boolean', default: false },
  },
});

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function obey(visitor, order) {
  switch (order.do) {
    case 'call':
      return visitor.call(order.login);
    case 'accept':
      return visitor.accept();
    case 'decline':
      return visitor.decline();
    case 'stop':
      return visitor.stop();
    case 'screenshot':
      return visitor.screenshot(order.path);
    case 'stats':
      print({ event: 'stats', at: Date.now(), id: order.id, figures: await visitor.figures(), cost: costOfTree() });
      return undefined;
    default:
      throw new Error(`there is no order ${JSON.stringify(order.do)}`);
  }
}

async function work(visitor) {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    let order = {};
    try {
      order = JSON.parse(line);
      if (order.do === 'quit') return;
      await obey(visitor, order);
      print({ event: 'done', at: Date.now(), do: order.do, id: order.id });
    } catch (error) {
      print({ event: 'refused', at: Date.now(), do: order.do, id: order.id, message: String(error?.message ?? error) });
    }
  }
}

/** Kills what came from this process and is still there, and ends. */
function end(code) {
  for (const { id } of descendants()) {
    try {
      process.kill(id, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  process.exit(code);
}

for (const name of ['kind', 'login', 'openvidu']) if (!values[name]) throw new Error(`--${name} is missing`);
if (!(values.kind in kinds)) throw new Error(`--kind is one of ${Object.keys(kinds).join(', ')}`);
if (values.kind === 'two-way' ? !values.session : !values.hub) throw new Error('--session or --hub is missing');
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void leave());

let visitor;
async function leave() {
  setTimeout(() => end(0), GRACE).unref();
  await visitor?.close();
  end(0);
}

visitor = await visit({
  ...values,
  secret: process.env.OPENVIDU_SECRET,
  fakeMedia: values['fake-media'],
  watcher: print,
}).catch((error) => {
  print({ event: 'failed', at: Date.now(), message: String(error?.message ?? error) });
  end(1);
});
print({ event: 'ready', at: Date.now() });
await work(visitor);
await leave();
