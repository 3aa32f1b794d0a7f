import type { Sound } from './ledger';

/**
 * Quietest level of a stretch of sound that counts as audible. The core's limit is -50 dBFS (root mean square, 0.003);
 * browsers put the loudest sample of each 10 ms into their energy instead, and in noise of that level it is about four
 * times as high.
 */
const AUDIBLE = 0.012;

/**
 * What was audible of a browser's connections: samples decoded between two looks at its statistics, if the sound
 * between them was loud enough. It takes no AudioContext, each of which costs a real-time thread of the system.
 */
export class Heard {
  readonly #known = new WeakMap<object, { at: Sound; audible: number }>();

  /** Audible samples of `connection` up to `sound`, its latest figures. */
  after(connection: object, sound: Sound): number {
    const { at, audible } = this.#known.get(connection) ?? { at: { genuine: 0, seconds: 0, energy: 0 }, audible: 0 };
    const seconds = sound.seconds - at.seconds;
    const loud = seconds > 0 && (sound.energy - at.energy) / seconds > AUDIBLE ** 2;
    const grown = audible + (loud ? Math.max(0, sound.genuine - at.genuine) : 0);
    this.#known.set(connection, { at: sound, audible: grown });
    return grown;
  }
}
