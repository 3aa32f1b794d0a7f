import { beforeAll, expect, test } from 'vitest';
import { HEADER } from './wire';

/** Samples that one call of `process` plays, and that one block holds. */
const [QUANTUM, BLOCK] = [128, 480];

interface Node {
  port: { onmessage: ((event: { data: unknown }) => void) | null };
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

const processors = new Map<string, new (options?: unknown) => Node>();

beforeAll(async () => {
  Object.assign(globalThis, {
    AudioWorkletProcessor: class {
      port = { onmessage: null };
    },
    registerProcessor: (name: string, processor: new () => Node) => processors.set(name, processor),
  });
  // @ts-expect-error -- plain JavaScript without types: a worklet's file is loaded as it is
  await import('./audio.worklet.js');
});

/** The playing end and a core that answers each question `trip` blocks of time later; time goes on as it plays. */
function playing(trip: (now: number) => number) {
  const Play = processors.get('peer-play');
  if (!Play) throw new Error('nothing plays');
  const node = new Play();
  const seen = { asked: 0, most: 0, heard: 0, played: 0 };
  let waiting: number[] = [];
  const source = {
    onmessage: null as ((event: { data: ArrayBuffer }) => void) | null,
    close() {},
    postMessage(count: number) {
      seen.asked += count;
      const now = seen.played / BLOCK;
      for (let index = 0; index < count; index += 1) waiting.push(now + trip(now));
      seen.most = Math.max(seen.most, waiting.length);
    },
  };
  node.port.onmessage?.({ data: { type: 'port', port: source } });
  const play = (seconds: number) => {
    const start = { ...seen };
    for (const end = seen.played + seconds * 48_000; seen.played < end; seen.played += QUANTUM) {
      const due = waiting.filter((at) => at <= seen.played / BLOCK);
      waiting = waiting.filter((at) => at > seen.played / BLOCK);
      for (const _ of due) {
        const message = new ArrayBuffer(HEADER + BLOCK * 4);
        new Float32Array(message, HEADER).fill(0.5);
        source.onmessage?.({ data: message });
      }
      const out = new Float32Array(QUANTUM);
      node.process([], [[out]]);
      seen.heard += out.filter((sample) => sample === 0.5).length;
    }
    return { asked: (seen.asked - start.asked) / seconds, heard: (seen.heard - start.heard) / (seconds * 48_000) };
  };
  return { play, seen };
}

test.each([1, 5, 30, 55])('a round trip of %i blocks costs delay and no sound', (trip) => {
  const { play } = playing(() => trip);
  play(3);
  const { asked, heard } = play(10);
  expect(heard).toBeGreaterThan(0.99);
  expect(asked).toBeGreaterThan(99);
  expect(asked).toBeLessThan(101);
});

test('round trips that vary cost a little at first and nothing later', () => {
  let count = 0;
  const { play } = playing(() => ((count += 1) % 7) * 3);
  play(5);
  expect(play(10).heard).toBeGreaterThan(0.98);
});

test('a machine that stands still is asked no flood, and sound is whole again after it', () => {
  let until = 0;
  const { play, seen } = playing((now) => Math.max(2, until - now));
  play(1);
  until = 500;
  play(4);
  expect(seen.most).toBeLessThan(80);
  play(2);
  const { asked, heard } = play(5);
  expect(heard).toBeGreaterThan(0.99);
  expect(asked).toBeLessThan(101);
});

test('questions that were lost are asked again', () => {
  let lost = true;
  const { play } = playing(() => (lost ? Infinity : 3));
  play(2);
  lost = false;
  play(2);
  expect(play(5).heard).toBeGreaterThan(0.99);
});
