import { expect, test } from 'vitest';
import { AUDIO, HEADER, PULL, VIDEO, readHeader, writeHeader } from './wire';

function message(kind: number, line: number, extra: number, time: number, payload = 1): ArrayBuffer {
  const bytes = new ArrayBuffer(HEADER + payload);
  writeHeader(new DataView(bytes), kind, line, extra, time);
  return bytes;
}

test('a frame reads back as it was written', () => {
  const header = readHeader(message(VIDEO, 3, 1, 1_234_567));
  expect(header).toEqual({ kind: VIDEO, line: 3, keyFrame: true, timestampUs: 1_234_567 });
});

test('bytes are where the core looks for them', () => {
  expect([...new Uint8Array(message(PULL, 2, 4, 0, 0))]).toEqual([3, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...new Uint8Array(message(VIDEO, 0, 1, 258, 0))]).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]);
});

test('times below zero and between microseconds are made whole', () => {
  expect(readHeader(message(AUDIO, 0, 0, -5.5))?.timestampUs).toBe(0);
  expect(readHeader(message(AUDIO, 0, 0, 10.6))?.timestampUs).toBe(11);
});

test('what is no media message is not taken for one', () => {
  expect(readHeader(new ArrayBuffer(0))).toBeUndefined();
  expect(readHeader(new ArrayBuffer(HEADER))).toBeUndefined();
  expect(readHeader(message(9, 0, 0, 0))).toBeUndefined();
});
