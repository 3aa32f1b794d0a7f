import { TAP_RATE } from '../audio/tap';

/** 20 ms at 8 kHz: one frame of what is compared. */
export const HOP = TAP_RATE / 50;
/** Bands between {@link LOWEST} and {@link HIGHEST}, evenly in octaves. */
export const BANDS = 14;
const LOWEST = 200;
const HIGHEST = 3400;
/** FFT size: 32 ms windows, 31 Hz a bin. */
const SIZE = 256;
/** Added to a band's power so that the hush between words counts as silence whatever noise is in it (-60 dBFS). */
const FLOOR = 1e-6;

const window = Float32Array.from({ length: SIZE }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / SIZE));
const edges = Array.from({ length: BANDS + 1 }, (_, index) =>
  Math.round((LOWEST * (HIGHEST / LOWEST) ** (index / BANDS) * SIZE) / TAP_RATE),
);

/** In-place radix-2 FFT. */
function fft(real: Float32Array, imaginary: Float32Array): void {
  for (let index = 1, reversed = 0; index < SIZE; index += 1) {
    let bit = SIZE >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index < reversed) {
      const [a = 0, b = 0] = [real[index], real[reversed]];
      real[index] = b;
      real[reversed] = a;
    }
  }
  for (let length = 2; length <= SIZE; length <<= 1) {
    const step = (-2 * Math.PI) / length;
    for (let start = 0; start < SIZE; start += length) {
      for (let offset = 0; offset < length / 2; offset += 1) {
        const cos = Math.cos(step * offset);
        const sin = Math.sin(step * offset);
        const even = start + offset;
        const odd = even + length / 2;
        const [er = 0, ei = 0, or = 0, oi = 0] = [real[even], imaginary[even], real[odd], imaginary[odd]];
        const tr = or * cos - oi * sin;
        const ti = or * sin + oi * cos;
        real[even] = er + tr;
        imaginary[even] = ei + ti;
        real[odd] = er - tr;
        imaginary[odd] = ei - ti;
      }
    }
  }
}

/** Loudness of each band (natural logarithm of its power) of the window that begins at `at`. */
export function bandsAt(samples: Float32Array, at: number): Float32Array {
  const real = new Float32Array(SIZE);
  for (let index = 0; index < SIZE; index += 1) real[index] = (samples[at + index] ?? 0) * (window[index] ?? 0);
  const imaginary = new Float32Array(SIZE);
  fft(real, imaginary);
  return Float32Array.from({ length: BANDS }, (_, band) => {
    const from = edges[band] ?? 0;
    const to = Math.max(from + 1, edges[band + 1] ?? 0);
    let power = 0;
    for (let bin = from; bin < to; bin += 1) power += (real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2;
    return Math.log(power / (SIZE * SIZE) + FLOOR);
  });
}

/** All frames of a sound, one every {@link HOP}; `around` reads past the end from the beginning (a loop). */
export function framesOf(samples: Float32Array, around = false): Float32Array[] {
  const count = Math.floor(around ? samples.length / HOP : Math.max(0, (samples.length - SIZE) / HOP + 1));
  let source = samples;
  if (around) {
    source = new Float32Array(samples.length + SIZE);
    source.set(samples);
    source.set(samples.subarray(0, SIZE), samples.length);
  }
  return Array.from({ length: count }, (_, index) => bandsAt(source, index * HOP));
}

/**
 * The best correlation (-1 to 1) of `heard` with the loop `voice` over every shift. The mean of each band is taken out
 * of both first: volume, gain control and the line's colour do not count, only what changes in time does.
 */
export function likeness(heard: Float32Array[], voice: Float32Array[]): number {
  if (heard.length === 0 || voice.length === 0) return 0;
  const a = centred(heard);
  let best = -1;
  for (let shift = 0; shift < voice.length; shift += 1) {
    const shifted = heard.map((_, index) => voice[(index + shift) % voice.length] ?? new Float32Array(BANDS));
    best = Math.max(best, correlation(a, centred(shifted)));
  }
  return best;
}

function centred(frames: Float32Array[]): Float32Array {
  const flat = new Float32Array(frames.length * BANDS);
  for (let band = 0; band < BANDS; band += 1) {
    const mean = frames.reduce((sum, frame) => sum + (frame[band] ?? 0), 0) / frames.length;
    frames.forEach((frame, index) => (flat[index * BANDS + band] = (frame[band] ?? 0) - mean));
  }
  return flat;
}

function correlation(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    const [x = 0, y = 0] = [a[index], b[index]];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
