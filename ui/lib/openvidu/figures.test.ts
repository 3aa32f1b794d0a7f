import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MediaEvent } from '../ipc/bindings';
import { BLOCKED_MS, LOST_MS, REPORT_MS } from './defaults';
import { Figures } from './figures';
import type { Ledger } from './ledger';
import type { Remote } from './remote';

/** A stream of which `bytes` arrived so far, `decoded` of them frames. */
class Stream {
  bytes = 0;
  decoded = 0;
  active = true;
  readonly shows = true;
  readonly picture = false;
  readonly stream = null;

  async measure(ledger: Ledger): Promise<null> {
    ledger.add(this, 'bytesReceived', this.bytes);
    ledger.add(this, 'framesDecoded', this.decoded);
    return null;
  }
}

function watch(stream: Stream) {
  const events: MediaEvent[] = [];
  const figures = new Figures({
    remotes: () => [stream as unknown as Remote],
    publisher: () => null,
    fake: null,
    onevent: (event) => events.push(event),
    onreport: () => undefined,
    onstate: () => undefined,
  });
  figures.start();
  return { figures, kinds: () => events.map((event) => (event.kind === 'failed' ? event.code : event.kind)) };
}

/** Lets time pass in which bytes arrive every second, or none. */
async function pass(stream: Stream, ms: number, flows: boolean) {
  for (let passed = 0; passed < ms; passed += REPORT_MS) {
    if (flows) stream.bytes += 1000;
    await vi.advanceTimersByTimeAsync(REPORT_MS);
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('media that stays away', () => {
  it('is blocked where it never came', async () => {
    const stream = new Stream();
    const { figures, kinds } = watch(stream);
    await pass(stream, BLOCKED_MS - 2 * REPORT_MS, false);
    expect(kinds()).toEqual([]);
    await pass(stream, 4 * REPORT_MS, false);
    expect(kinds()).toEqual(['media_blocked']);
    await figures.stop();
  });

  it('is an interruption where it had come, and over only when it lasts', async () => {
    const stream = new Stream();
    const { figures, kinds } = watch(stream);
    stream.decoded = 1;
    await pass(stream, 5 * REPORT_MS, true);
    await pass(stream, BLOCKED_MS + 2 * REPORT_MS, false);
    expect(kinds()).toEqual(['remoteMedia', 'reconnecting']);
    await pass(stream, 3 * REPORT_MS, true);
    expect(kinds()).toEqual(['remoteMedia', 'reconnecting', 'reconnected']);
    await pass(stream, LOST_MS + 3 * REPORT_MS, false);
    expect(kinds().slice(3)).toEqual(['reconnecting', 'media_blocked']);
    await figures.stop();
  });

  it('is no trouble where nothing is sent', async () => {
    const stream = new Stream();
    stream.active = false;
    const { figures, kinds } = watch(stream);
    await pass(stream, 2 * LOST_MS, false);
    expect(kinds()).toEqual([]);
    await figures.stop();
  });
});
