import { describe, expect, it } from 'vitest';
import { COLUMNS, encodeMark, MAX_ROWS, paintMark, readMark, rowsOf, type Mark } from './mark';
import { Listener } from './listener';
import { voiceOf, voiceSamples, VOICES } from './voices';

/** A picture of grey levels that a mark can be painted into. */
function picture(width: number, height: number) {
  const pixels = new Uint8Array(width * height).fill(90);
  const context = {
    fillStyle: '#000' as string | CanvasGradient | CanvasPattern,
    fillRect(x: number, y: number, w: number, h: number) {
      const level = context.fillStyle === '#fff' ? 255 : 0;
      for (let row = y; row < y + h; row += 1) pixels.fill(level, row * width + x, row * width + x + w);
    },
  };
  return { pixels, context, at: (x: number, y: number) => pixels[y * width + x] ?? 0 };
}

const marks: Mark[] = [
  { login: 'man', counter: 1, time: 0 },
  { login: 'woman', counter: 0xffffffff, time: 0x89abcdef },
  { login: 'x'.repeat(64), counter: 123_456, time: 77 },
];

describe('the mark', () => {
  it.each(marks)('is read as it was painted: $login', (mark) => {
    const { context, at } = picture(640, 480);
    const bytes = encodeMark(mark);
    expect(rowsOf(bytes)).toBeLessThanOrEqual(MAX_ROWS);
    paintMark(context, bytes, 640);
    expect(readMark(at, 640, 480)).toEqual(mark);
  });

  it('survives a picture made smaller, paler and noisy', () => {
    const { context, at } = picture(640, 480);
    paintMark(context, encodeMark({ login: 'woman', counter: 42, time: 7 }), 640);
    let seed = 1;
    const noise = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return (seed % 60) - 30;
    };
    const half = (x: number, y: number) => 40 + (at(x * 2, y * 2) * 180) / 255 + noise();
    expect(readMark(half, 320, 240)).toEqual({ login: 'woman', counter: 42, time: 7 });
  });

  it('is refused when one cell is misread, and where there is none', () => {
    const { context, at } = picture(640, 480);
    paintMark(context, encodeMark({ login: 'man', counter: 9, time: 9 }), 640);
    const cell = 640 / COLUMNS;
    const broken = (x: number, y: number) => (y < cell && x >= 30 * cell && x < 31 * cell ? 255 - at(x, y) : at(x, y));
    expect(readMark(broken, 640, 480)).toBeNull();
    expect(readMark(() => 255, 640, 480)).toBeNull();
    expect(readMark(() => 0, 640, 480)).toBeNull();
    expect(readMark(at, 640, 0)).toBeNull();
  });

  it('is found in the picture only, never in chance', () => {
    let seed = 7;
    const chance = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % 256;
    };
    for (let round = 0; round < 500; round += 1) expect(readMark(chance, 640, 480)).toBeNull();
  });
});

describe('voices', () => {
  it('gives the people of the tests different ones', () => {
    expect(voiceOf('man')).not.toBe(voiceOf('woman'));
    expect(voiceOf('alice')).not.toBe(voiceOf('bob'));
  });

  /** Plays 20 s of `next` to a listener, a tenth of a second at a time, until it recognises somebody. */
  function recognise(next: () => number): number | null {
    const listener = new Listener();
    for (let tenth = 0; tenth < 200 && listener.voice === null; tenth += 1)
      listener.push(Float32Array.from({ length: 800 }, next));
    return listener.voice;
  }

  function chance(): () => number {
    let seed = 9;
    return () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
  }

  it.each(Array.from({ length: VOICES }, (_, voice) => voice))('knows voice %i, quieter and in noise', (voice) => {
    const random = chance();
    const samples = voiceSamples(voice);
    let at = 3000 + voice * 1111;
    expect(
      recognise(() => {
        at += 1;
        return (samples[at % samples.length] ?? 0) * 0.3 + (random() - 0.5) / 300;
      }),
    ).toBe(voice);
  });

  it.each(Array.from({ length: VOICES }, (_, voice) => voice))('knows voice %i where a third is lost', (voice) => {
    const random = chance();
    const samples = voiceSamples(voice);
    let [at, left, lost] = [voice * 997, 0, false];
    expect(
      recognise(() => {
        if (left <= 0) {
          lost = random() < 0.3;
          left = Math.floor((30 + random() * 40) * 8);
        }
        left -= 1;
        at += 1;
        return lost ? 0 : (samples[at % samples.length] ?? 0) * 0.4;
      }),
    ).toBe(voice);
  });

  it.each(Array.from({ length: VOICES }, (_, voice) => voice))('knows voice %i after a minute of noise', (voice) => {
    const random = chance();
    const samples = voiceSamples(voice);
    const listener = new Listener();
    listener.push(Float32Array.from({ length: 8000 * 60 }, () => (random() - 0.5) * 0.2));
    expect(listener.voice).toBeNull();
    for (let round = 0; round < 4; round += 1) listener.push(samples);
    expect(listener.voice).toBe(voice);
  });

  it('knows nobody in a tone, in noise, in beats of it, or in silence', () => {
    const random = chance();
    let at = 0;
    expect(recognise(() => Math.sin((at += 1) / 3) * 0.3)).toBeNull();
    expect(recognise(() => (random() - 0.5) * 0.2)).toBeNull();
    expect(recognise(() => (random() - 0.5) * (Math.sin((at += 1) / 900) > 0 ? 0.3 : 0.01))).toBeNull();
    expect(recognise(() => 0)).toBeNull();
  });
});
