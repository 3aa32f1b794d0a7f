import { Decimator } from './decimate';

// What an audio worklet's global scope has; TypeScript's DOM library does not describe it.
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][]): boolean;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Messages cover 100 ms: 800 samples after decimation. */
const MESSAGE = 800;

class Tap extends AudioWorkletProcessor {
  readonly #decimator = new Decimator();
  #samples: Float32Array<ArrayBuffer> = new Float32Array(MESSAGE);
  #filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    if (!channel) return true;
    for (const sample of channel) {
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
    this.port.postMessage({ samples }, [samples.buffer]);
    this.#samples = new Float32Array(MESSAGE);
    this.#filled = 0;
  }
}

registerProcessor('tap', Tap);
