import { describe, expect, it } from 'vitest';
import { COLUMNS, encodeMark, MAX_ROWS, paintMark, readMark, rowsOf, type Mark } from './mark';
import { framesOf, HOP, likeness } from './spectrum';
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
  const templates = Array.from({ length: VOICES }, (_, voice) => framesOf(voiceSamples(voice), true));

  it('gives the people of the tests different ones', () => {
    expect(voiceOf('man')).not.toBe(voiceOf('woman'));
    expect(voiceOf('alice')).not.toBe(voiceOf('bob'));
  });

  it('tells each from every other, from any two seconds of it, quieter and in noise', () => {
    for (let voice = 0; voice < VOICES; voice += 1) {
      const samples = voiceSamples(voice);
      const start = 3000 + voice * 1111;
      let seed = 3;
      const heard = Float32Array.from({ length: HOP * 100 }, (_, index) => {
        seed = (seed * 48_271) % 2_147_483_647;
        return (samples[(start + index) % samples.length] ?? 0) * 0.3 + ((seed % 200) - 100) / 50_000;
      });
      const scores = templates.map((template) => likeness(framesOf(heard), template));
      const best = Math.max(...scores);
      expect(scores.indexOf(best)).toBe(voice);
      expect(best).toBeGreaterThan(0.75);
      expect(Math.max(...scores.filter((_, index) => index !== voice))).toBeLessThan(0.5);
    }
  });

  it('hears nobody in a tone or in silence', () => {
    const tone = Float32Array.from({ length: HOP * 100 }, (_, index) => Math.sin(index / 3) * 0.3);
    for (const heard of [tone, new Float32Array(HOP * 100)])
      for (const template of templates) expect(likeness(framesOf(heard), template)).toBeLessThan(0.5);
  });
});
