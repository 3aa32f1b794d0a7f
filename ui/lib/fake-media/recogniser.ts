import { AudioTap } from '../audio/tap';
import type { Recognised } from '../ipc/bindings';
import type { Reading, ReaderStart } from './reader-worker';
import { Listener } from './listener';
import { voiceOf } from './voices';

/** Delays of so many frames are kept: half a minute. */
const DELAYS = 900;

declare class MediaStreamTrackProcessor {
  constructor(init: { track: MediaStreamTrack; maxBufferSize?: number });
  readonly readable: ReadableStream<VideoFrame>;
}

/** Reads the other side's mark out of decoded pixels, and tells whose voice is in decoded samples. */
export class Recogniser {
  readonly #candidates: string[];
  readonly #seen: Recognised = {
    picture: null,
    counter: 0,
    frames: 0,
    voice: null,
    longest_freeze_ms: 0,
    delay_ms_p50: null,
    delay_ms_p95: null,
  };
  #delays: number[] = [];
  #lastAt: number | null = null;
  readonly #listener = new Listener();
  #video: { id: string; stop: () => void } | null = null;
  #audio: { id: string; stop: () => void } | null = null;

  /** `candidates`: logins whose voice it may be; the other person, and this one for an echo. */
  constructor(candidates: string[]) {
    this.#candidates = candidates;
  }

  /** Follows the tracks of a remote stream; calling it again with the same ones changes nothing. */
  follow(stream: MediaStream): void {
    const [video] = stream.getVideoTracks();
    if (video && video.id !== this.#video?.id) {
      this.#video?.stop();
      this.#video = { id: video.id, stop: this.#read(video) };
    }
    const [audio] = stream.getAudioTracks();
    if (audio && audio.id !== this.#audio?.id) {
      this.#audio?.stop();
      const tap = new AudioTap();
      tap.onsamples = (samples) => this.#hear(samples);
      // Without a tap nobody's voice is recognised, which the figures then say.
      tap.follow(audio).catch(() => tap.close());
      this.#audio = { id: audio.id, stop: () => tap.close() };
    }
  }

  /** What was recognised up to now. */
  read(): Recognised {
    const sorted = this.#delays.toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? null;
    return { ...this.#seen, delay_ms_p50: at(0.5), delay_ms_p95: at(0.95) };
  }

  stop(): void {
    this.#video?.stop();
    this.#audio?.stop();
  }

  #read(original: MediaStreamTrack): () => void {
    // A clone, because a track that is given to a worker is gone from the page.
    const track = original.clone();
    const worker = new Worker(new URL('./reader-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event: MessageEvent<Reading>) => this.#see(event.data));
    if ('MediaStreamTrackProcessor' in globalThis) {
      const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 2 });
      worker.postMessage({ readable } satisfies ReaderStart, [readable]);
    } else {
      worker.postMessage({ track } satisfies ReaderStart, [track as unknown as Transferable]);
    }
    return () => {
      worker.terminate();
      track.stop();
    };
  }

  #see({ login, counter, time, readAt }: Reading): void {
    const seen = this.#seen;
    if (seen.picture === login && counter <= seen.counter) return;
    if (this.#lastAt !== null) seen.longest_freeze_ms = Math.max(seen.longest_freeze_ms, readAt - this.#lastAt);
    this.#lastAt = readAt;
    seen.picture = login;
    seen.counter = counter;
    seen.frames += 1;
    this.#delays.push((readAt - time) | 0);
    if (this.#delays.length > DELAYS) this.#delays.shift();
  }

  /** Once a voice is recognised nobody listens any more: hearing it all the time would cost for nothing. */
  #hear(samples: Float32Array): void {
    this.#listener.push(samples);
    const { voice } = this.#listener;
    if (voice === null) return;
    this.#seen.voice = this.#candidates.find((login) => voiceOf(login) === voice) ?? null;
    this.#audio?.stop();
  }
}
