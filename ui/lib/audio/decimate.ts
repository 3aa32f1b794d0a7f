/** 48 kHz to 8 kHz. */
const FACTOR = 6;
/** Enough taps for 40 dB between 3.4 kHz and 4.6 kHz, which is all that recognition needs. */
const TAPS = 61;
/** Hz: below half of 8 kHz. */
const CUTOFF = 3600;

/** A windowed sinc (Hann) at 48 kHz, gain 1. */
function lowPass(): Float32Array {
  const taps = new Float32Array(TAPS);
  const middle = (TAPS - 1) / 2;
  const width = (2 * CUTOFF) / 48_000;
  let sum = 0;
  for (let index = 0; index < TAPS; index += 1) {
    const x = (index - middle) * width;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    const value = sinc * (0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 1)) / (TAPS + 1)));
    taps[index] = value;
    sum += value;
  }
  return taps.map((tap) => tap / sum);
}

/** Takes samples at 48 kHz and gives every sixth, low-passed. */
export class Decimator {
  readonly #taps = lowPass();
  readonly #history = new Float32Array(TAPS);
  #at = 0;
  #phase = 0;

  /** A sample at 8 kHz with every sixth call, else null. */
  push(sample: number): number | null {
    this.#history[this.#at] = sample;
    this.#at = (this.#at + 1) % TAPS;
    this.#phase = (this.#phase + 1) % FACTOR;
    if (this.#phase !== 0) return null;
    let sum = 0;
    for (let index = 0; index < TAPS; index += 1) {
      sum += (this.#taps[index] ?? 0) * (this.#history[(this.#at + index) % TAPS] ?? 0);
    }
    return sum;
  }
}
