import { framesOf, HOP, likeness, loopOf, type Loop } from './spectrum';
import { voiceSamples, VOICES } from './voices';

/**
 * Sound is compared in pieces of half a second: long enough to tell the voices apart, short enough to lie between the
 * places where a loaded machine lost or stretched sound, which shift all that follows.
 */
const PIECE = HOP * 28;
/** Quieter pieces (root mean square, -50 dBFS) say nothing. */
const SILENCE = 0.003;

/**
 * When a voice counts as recognised: its mean likeness over so many of the latest pieces, and how far it is ahead of
 * the second. Measured with the voices themselves: clean sound scores 0.9 against 0.5 of the second; a tenth lost or
 * stretched in pieces of 50 ms 0.8 against 0.5; a third 0.6 against 0.5, where only many pieces tell.
 */
const RULES = [
  { pieces: 4, alike: 0.7, ahead: 0.18 },
  { pieces: 10, alike: 0.6, ahead: 0.12 },
  { pieces: 24, alike: 0.5, ahead: 0.07 },
];
/** Pieces that are remembered: a voice that came through badly at first is known once it comes through well. */
const REMEMBERED = Math.max(...RULES.map(({ pieces }) => pieces));

/** Tells which of the voices is heard. */
export class Listener {
  #voices: Loop[] | null = null;
  #waiting = new Float32Array(0);
  /** For each of the latest pieces, its likeness with every voice. */
  readonly #likenesses: number[][] = [];

  /** Takes sound at 8 kHz; keeps less than a piece of it. */
  push(samples: Float32Array): void {
    const joined = new Float32Array(this.#waiting.length + samples.length);
    joined.set(this.#waiting);
    joined.set(samples, this.#waiting.length);
    let at = 0;
    for (; at + PIECE <= joined.length; at += PIECE) this.#compare(joined.subarray(at, at + PIECE));
    this.#waiting = joined.slice(at);
  }

  /** The voice that was recognised, if any. */
  get voice(): number | null {
    for (const { pieces, alike, ahead } of RULES) {
      if (this.#likenesses.length < pieces) continue;
      const latest = this.#likenesses.slice(-pieces);
      const means = Array.from(
        { length: VOICES },
        (_, voice) => latest.reduce((sum, likenesses) => sum + (likenesses[voice] ?? 0), 0) / pieces,
      );
      const [best = 0, second = 0] = means.toSorted((a, b) => b - a);
      if (best >= alike && best - second >= ahead) return means.indexOf(best);
    }
    return null;
  }

  #compare(piece: Float32Array): void {
    const square = piece.reduce((sum, sample) => sum + sample * sample, 0) / piece.length;
    if (Math.sqrt(square) < SILENCE) return;
    const heard = framesOf(piece);
    this.#voices ??= Array.from({ length: VOICES }, (_, voice) =>
      loopOf(framesOf(voiceSamples(voice), true), heard.length),
    );
    this.#likenesses.push(this.#voices.map((voice) => likeness(heard, voice)));
    if (this.#likenesses.length > REMEMBERED) this.#likenesses.shift();
  }
}
