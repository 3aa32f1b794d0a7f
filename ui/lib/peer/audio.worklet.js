/* oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- ports and workers
   have no origin, and a port only starts by its `onmessage` */
/**
 * The sound's two ends in the page, on the audio thread. Blocks go to and come from the worker through a MessagePort of
 * their own; the page's thread is not on the way. The header is the one of `wire.ts`.
 */

const HEADER = 16;
const BLOCK = 480;
const AUDIO = 2;
/** Blocks kept in reserve: what a worker and a socket may take for a round trip. */
const RESERVE = 3;
/** Render quanta (128 samples each) without an answer after which blocks are asked for anew: about half a second. */
const PATIENCE = 190;

class Capture extends AudioWorkletProcessor {
  constructor(options) {
    super();
    this.line = options.processorOptions.line;
    this.blocks = 0;
    this.filled = 0;
    this.live = true;
    this.fresh();
    this.port.onmessage = ({ data }) => {
      if (data.type === 'port') this.out = data.port;
      if (data.type === 'stop') {
        this.live = false;
        this.out?.close();
      }
    };
  }

  /** A new message with its header written. */
  fresh() {
    this.message = new ArrayBuffer(HEADER + BLOCK * 4);
    this.samples = new Float32Array(this.message, HEADER);
    const header = new DataView(this.message);
    header.setUint8(0, AUDIO);
    header.setUint8(1, this.line);
    header.setBigUint64(8, BigInt(this.blocks) * 10000n, true);
  }

  process([input]) {
    const channels = input.length;
    const length = channels > 0 ? input[0].length : 128;
    for (let index = 0; index < length; index += 1) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel += 1) sum += input[channel][index];
      this.samples[this.filled] = channels > 1 ? sum / channels : sum;
      this.filled += 1;
      if (this.filled === BLOCK) {
        this.out?.postMessage(this.message, [this.message]);
        this.filled = 0;
        this.blocks += 1;
        this.fresh();
      }
    }
    return this.live;
  }
}

class Play extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = [];
    this.asked = 0;
    this.waited = 0;
    this.position = 0;
    this.live = true;
    this.port.onmessage = ({ data }) => {
      if (data.type === 'port') {
        this.source = data.port;
        this.source.onmessage = ({ data: message }) => this.take(message);
      }
      if (data.type === 'stop') {
        this.live = false;
        this.source?.close();
      }
    };
  }

  take(message) {
    this.asked = Math.max(0, this.asked - 1);
    this.waited = 0;
    // Late answers to a question that was repeated would only add delay.
    if (this.queue.length < 2 * RESERVE) this.queue.push(new Float32Array(message, HEADER));
  }

  ask() {
    if (this.asked > 0) {
      this.waited += 1;
      if (this.waited > PATIENCE) {
        this.asked = 0;
        this.waited = 0;
      }
    }
    const wanted = RESERVE - this.queue.length - this.asked;
    if (wanted > 0 && this.source) {
      this.source.postMessage(wanted);
      this.asked += wanted;
    }
  }

  process(_inputs, [output]) {
    this.ask();
    const first = output[0];
    for (let index = 0; index < first.length; index += 1) {
      const block = this.queue[0];
      if (block === undefined) break;
      first[index] = block[this.position];
      this.position += 1;
      if (this.position === BLOCK) {
        this.queue.shift();
        this.position = 0;
      }
    }
    for (let channel = 1; channel < output.length; channel += 1) output[channel].set(first);
    return this.live;
  }
}

registerProcessor('peer-capture', Capture);
registerProcessor('peer-play', Play);
