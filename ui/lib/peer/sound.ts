/* oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- ports and workers
   have no origin, and a port only starts by its `onmessage` */
/** The page's sound: one AudioContext for all peer connections, alive while one of them needs it. */

import type { ToWorklet } from './messages';
import type { Processing } from './wire';

/** The core's sample rate in Hz. */
const RATE = 48_000;

interface Shared {
  context: AudioContext;
  ready: Promise<void>;
  users: number;
}

let shared: Shared | undefined;

function acquire(): Shared {
  if (shared === undefined) {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
    const ready = context.audioWorklet.addModule(new URL('./audio.worklet.js', import.meta.url).href);
    shared = { context, ready, users: 0 };
  }
  shared.users += 1;
  // A context may be suspended by the system; it starts without a click where the app has allowed it.
  if (shared.context.state !== 'running') shared.context.resume().catch(() => undefined);
  return shared;
}

function release(used: Shared): void {
  used.users -= 1;
  if (used.users > 0) return;
  if (shared === used) shared = undefined;
  used.context.close().catch(() => undefined);
}

function say(node: AudioWorkletNode, message: ToWorklet, transfer: Transferable[] = []): void {
  node.port.postMessage(message, transfer);
}

/** A microphone's (or any sound track's) way to the worker. */
export class Microphone {
  readonly #shared = acquire();
  readonly #line: number;
  #node: AudioWorkletNode | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #track: MediaStreamTrack | null = null;
  #closed = false;

  /** `connect` is given the worker's end once blocks flow. */
  constructor(line: number, connect: (port: MessagePort) => void, fail: (error: unknown) => void) {
    this.#line = line;
    this.#start(connect).catch(fail);
  }

  async #start(connect: (port: MessagePort) => void): Promise<void> {
    await this.#shared.ready;
    if (this.#closed) return;
    const node = new AudioWorkletNode(this.#shared.context, 'peer-capture', {
      numberOfOutputs: 0,
      processorOptions: { line: this.#line },
    });
    const { port1, port2 } = new MessageChannel();
    say(node, { type: 'port', port: port1 }, [port1]);
    connect(port2);
    this.#node = node;
    this.#join();
  }

  set track(track: MediaStreamTrack | null) {
    this.#source?.disconnect();
    this.#source = undefined;
    this.#track = track;
    this.#join();
  }

  #join(): void {
    if (this.#node === undefined || this.#track === null || this.#source !== undefined) return;
    this.#source = this.#shared.context.createMediaStreamSource(new MediaStream([this.#track]));
    this.#source.connect(this.#node);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source?.disconnect();
    if (this.#node !== undefined) say(this.#node, { type: 'stop' });
    release(this.#shared);
  }
}

/** A received voice: its track exists at once, and blocks flow as soon as the worklet runs. */
export class Loudspeaker {
  readonly #shared = acquire();
  readonly #destination = this.#shared.context.createMediaStreamDestination();
  #node: AudioWorkletNode | undefined;
  #closed = false;

  get track(): MediaStreamTrack {
    const [track] = this.#destination.stream.getAudioTracks();
    if (track === undefined) throw new DOMException('the audio destination has no track', 'OperationError');
    return track;
  }

  /** `connect` is given the worker's end. */
  async start(connect: (port: MessagePort) => void): Promise<void> {
    if (this.#node !== undefined) return;
    await this.#shared.ready;
    if (this.#closed || this.#node !== undefined) return;
    const node = new AudioWorkletNode(this.#shared.context, 'peer-play', {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    const { port1, port2 } = new MessageChannel();
    say(node, { type: 'port', port: port1 }, [port1]);
    connect(port2);
    node.connect(this.#destination);
    this.#node = node;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#node !== undefined) {
      say(this.#node, { type: 'stop' });
      this.#node.disconnect();
    }
    this.#destination.stream.getTracks().forEach((track) => track.stop());
    release(this.#shared);
  }
}

function wanted(constraint: ConstrainBoolean | ConstrainBooleanOrDOMString | undefined): boolean {
  if (typeof constraint !== 'object') return constraint !== false;
  return (constraint.exact ?? constraint.ideal) !== false;
}

/** What the core does with this track's sound: everything, unless its constraints or its content say otherwise. */
export function processingFor(track: MediaStreamTrack): Processing {
  const constraints = track.getConstraints();
  const voice = track.contentHint !== 'music';
  return {
    echoCancellation: voice && wanted(constraints.echoCancellation),
    noiseSuppression: voice && wanted(constraints.noiseSuppression),
    autoGainControl: voice && wanted(constraints.autoGainControl),
  };
}
