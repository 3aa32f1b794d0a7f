/* oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- ports and workers
   have no origin, and a port only starts by its `onmessage` */
/**
 * The sound's two ends in the page, on the audio thread. Blocks go to and come from the worker through a MessagePort of
 * their own; the page's thread is not on the way. The header is the one of `wire.ts`.
 */

const HEADER = 16;
const BLOCK = 480;
const AUDIO = 2;
/** Blocks kept in reserve at first: what a worker and a socket usually take for a round trip. */
const RESERVE = 3;
/** Blocks that wait at most; when the machine stalls, what is older is not played any more. */
const MOST_QUEUED = 30;
/**
 * Blocks that are asked for and not there yet at most: 0.6 s. It bounds what comes at once after a stall; where it is
 * less than a round trip takes, blocks are missing all the time. On two cores that two apps share, 0.3 s were seen.
 */
const MOST_ASKED = 60;
/** Blocks without an answer after which the questions may have been lost: 0.6 s. */
const LOST = 60;
/** Blocks over which a reserve must have been unused before it is made smaller: one second. */
const WINDOW = 100;

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

/**
 * Asks for a block every 10 ms of the sound card's time, whatever has come until then: so the core's jitter buffer runs
 * at the sound card's pace, and a slow round trip costs delay once, not sound again and again. The delay is taken back
 * when it has not been needed for a while.
 */
class Play extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = [];
    this.asked = 0;
    this.silence = 0;
    this.doubted = false;
    this.position = 0;
    this.elapsed = 0;
    this.least = Infinity;
    this.blocks = 0;
    this.skip = 0;
    this.live = true;
    this.port.onmessage = ({ data }) => {
      if (data.type === 'port') {
        this.source = data.port;
        this.source.onmessage = ({ data: message }) => this.take(message);
        this.ask(RESERVE);
      }
      if (data.type === 'stop') {
        this.live = false;
        this.source?.close();
      }
    };
  }

  take(message) {
    // After a doubt, the next answer tells that questions are heard again; those before it count no longer.
    this.asked = this.doubted ? 0 : Math.max(0, this.asked - 1);
    this.doubted = false;
    this.silence = 0;
    this.queue.push(new Float32Array(message, HEADER));
    if (this.queue.length > MOST_QUEUED) {
      this.queue.shift();
      this.position = 0;
    }
  }

  ask(count) {
    this.source.postMessage(count);
    this.asked += count;
  }

  /** Another 10 ms are played. */
  tick() {
    this.silence += 1;
    if (this.silence >= LOST && this.asked > 0) {
      // One more question and no flood: a machine that stalls answers all of them when it goes on.
      this.silence = 0;
      this.doubted = true;
      this.ask(1);
    }
    this.least = Math.min(this.least, this.queue.length);
    this.blocks += 1;
    if (this.blocks >= WINDOW) {
      // Half of what is too much: the jitter buffer then speeds the voice up a little.
      this.skip = Math.max(0, Math.ceil((this.least - RESERVE) / 2));
      this.blocks = 0;
      this.least = Infinity;
    }
    if (this.skip > 0) {
      this.skip -= 1;
      return;
    }
    const wanted = Math.max(1, RESERVE - this.queue.length - this.asked);
    if (this.asked < MOST_ASKED) this.ask(wanted);
  }

  process(_inputs, [output]) {
    const first = output[0];
    if (this.source) {
      this.elapsed += first.length;
      while (this.elapsed >= BLOCK) {
        this.elapsed -= BLOCK;
        this.tick();
      }
    }
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
