import worklet from './tap-worklet?worker&url';

/** Samples a second that listeners get: enough for what makes speech recognisable. */
export const TAP_RATE = 8000;

/** One rate for every context: 48000 is what WebRTC decodes to, and divides into {@link TAP_RATE}. */
const CONTEXT_RATE = 48_000;

/** What the worklet says ten times a second. */
export interface TapMessage {
  /** The sound at {@link TAP_RATE}. */
  samples: Float32Array;
}

/** Listens to a remote track on the way to the loudspeaker without changing it. */
export class AudioTap {
  /** Gets the sound in blocks of 100 ms. */
  onsamples: ((samples: Float32Array) => void) | null = null;

  #context: AudioContext | null = null;
  #closed = false;

  /** Begins; a page that may not play sound yet begins when it may. */
  async follow(track: MediaStreamTrack): Promise<void> {
    const context = new AudioContext({ sampleRate: CONTEXT_RATE });
    this.#context = context;
    await context.audioWorklet.addModule(worklet);
    if (this.#closed) return;
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const tap = new AudioWorkletNode(context, 'tap', { numberOfInputs: 1, numberOfOutputs: 1, channelCount: 1 });
    tap.port.addEventListener('message', ({ data }: MessageEvent<TapMessage>) => this.onsamples?.(data.samples));
    tap.port.start();
    // A node that leads nowhere is not run; this one leads to the loudspeaker with nothing to say.
    source.connect(tap).connect(context.destination);
    await context.resume();
  }

  close(): void {
    this.#closed = true;
    this.onsamples = null;
    // Closing one that is closed already is refused.
    if (this.#context?.state !== 'closed') void this.#context?.close();
  }
}
