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

/** The FFT's factors: the cosine and the sine of each part of a turn that it needs. */
const cosines = Float32Array.from({ length: SIZE / 2 }, (_, index) => Math.cos((-2 * Math.PI * index) / SIZE));
const sines = Float32Array.from({ length: SIZE / 2 }, (_, index) => Math.sin((-2 * Math.PI * index) / SIZE));

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
    const step = SIZE / length;
    for (let start = 0; start < SIZE; start += length) {
      for (let offset = 0; offset < length / 2; offset += 1) {
        const cos = cosines[step * offset] ?? 0;
        const sin = sines[step * offset] ?? 0;
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

/** A voice that repeats, made ready to be compared with pieces of `frames` frames. */
export interface Loop {
  /** Its frames one after another, band by band, and the first ones again, so that a piece may begin anywhere. */
  flat: Float32Array;
  /** For each shift, the size (root of the sum of squares) of the piece that begins there, its bands' means out. */
  sizes: Float32Array;
}

/** Prepares `voice` for {@link likeness}; every shift's size is worked out once. */
export function loopOf(voice: Float32Array[], frames: number): Loop {
  const repeated = Array.from({ length: voice.length + frames }, (_, index) => voice[index % voice.length] ?? []);
  const sizes = Float32Array.from(voice, (_, shift) => Math.hypot(...centred(repeated.slice(shift, shift + frames))));
  return { flat: Float32Array.from(repeated.flatMap((frame) => [...frame])), sizes };
}

/**
 * The best correlation (-1 to 1) of `heard` with `voice` over every shift. The mean of each band is taken out of both:
 * volume, gain control and the line's colour do not count, only what changes in time does.
 */
export function likeness(heard: Float32Array[], { flat, sizes }: Loop): number {
  // The means of the voice's bands need not be taken out of the products: against centred bands they add up to nothing.
  const a = centred(heard);
  const size = Math.hypot(...a);
  if (size === 0) return 0;
  let best = -1;
  for (let shift = 0; shift < sizes.length; shift += 1) {
    const from = shift * BANDS;
    let product = 0;
    for (let index = 0; index < a.length; index += 1) product += (a[index] ?? 0) * (flat[from + index] ?? 0);
    const other = sizes[shift] ?? 0;
    if (other > 0) best = Math.max(best, product / (size * other));
  }
  return best;
}

function centred(frames: ArrayLike<number>[]): Float32Array {
  const flat = new Float32Array(frames.length * BANDS);
  for (let band = 0; band < BANDS; band += 1) {
    const mean = frames.reduce((sum, frame) => sum + (frame[band] ?? 0), 0) / frames.length;
    frames.forEach((frame, index) => (flat[index * BANDS + band] = (frame[band] ?? 0) - mean));
  }
  return flat;
}
