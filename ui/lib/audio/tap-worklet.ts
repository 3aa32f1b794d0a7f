import { Decimator } from './decimate';

// What an audio worklet's global scope has; TypeScript's DOM library does not describe it.
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][]): boolean;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** 10 ms at 48 kHz. */
const BLOCK = 480;
/** Messages cover 100 ms: ten blocks, 800 samples after decimation. */
const MESSAGE = 800;
/** Root mean square below which a block is silence: -50 dBFS, above the noise of a quiet room after noise suppression. */
const SILENCE = 0.003;

class Tap extends AudioWorkletProcessor {
  readonly #decimator = new Decimator();
  #square = 0;
  #counted = 0;
  #audible = 0;
  #samples: Float32Array<ArrayBuffer> = new Float32Array(MESSAGE);
  #filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    if (!channel) return true;
    for (const sample of channel) {
      this.#square += sample * sample;
      this.#counted += 1;
      if (this.#counted === BLOCK) {
        if (Math.sqrt(this.#square / BLOCK) > SILENCE) this.#audible += BLOCK;
        this.#square = 0;
        this.#counted = 0;
      }
      const low = this.#decimator.push(sample);
      if (low === null) continue;
      this.#samples[this.#filled] = low;
      this.#filled += 1;
      if (this.#filled === MESSAGE) this.#send();
    }
    return true;
  }

  #send(): void {
    const samples = this.#samples;
    this.port.postMessage({ audible: this.#audible, samples }, [samples.buffer]);
    this.#samples = new Float32Array(MESSAGE);
    this.#filled = 0;
    this.#audible = 0;
  }
}

registerProcessor('tap', Tap);
