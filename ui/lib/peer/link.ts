/* oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- ports and workers
   have no origin, and a port only starts by its `onmessage` */
/** The page's end of a peer connection's worker. */

import type { CodecFigures, FromWorker, ToWorker } from './messages';
import type { Notice, Outcome, Request, ToPage } from './wire';

export type Events = Exclude<ToPage, { type: 'done' | 'failed' | 'keyFrame' | 'target' }>;

export interface LinkListener {
  event(message: Events): void;
  trouble(line: number, message: string): void;
  gone(reason: string): void;
}

export type Figures = Record<string, { sent?: CodecFigures; received?: CodecFigures }>;

interface Pending {
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}

/**
 * Workers that run already, each with a track for a remote picture: W3C's `receiver.track` exists at once, and a worker
 * takes a moment to start. One is kept ready while the page lives.
 */
class Warm {
  static #ready: Warm | undefined;
  readonly worker = new Worker(new URL('./media.worker.ts', import.meta.url), { type: 'module' });
  spare: MediaStreamTrack | undefined;
  failed: string | undefined;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'ready') this.spare = data.spare;
    };
    this.worker.onerror = (event) => (this.failed = event.message);
  }

  static prepare(): void {
    Warm.#ready ??= new Warm();
  }

  static take(): Warm {
    const taken = Warm.#ready ?? new Warm();
    // The next one starts once this one's connection has had its turn.
    Warm.#ready = undefined;
    setTimeout(() => Warm.prepare(), 1000);
    return taken;
  }
}

/** Starts a worker, so that the first peer connection need not wait for one. */
export function prepareWorker(): void {
  Warm.prepare();
}

/** How long the worker may take for its figures, in ms; it answers at once unless it is gone. */
const FIGURES_WAIT = 1000;

export class Link {
  readonly #worker: Worker;
  #spare: MediaStreamTrack | undefined;
  readonly #listener: LinkListener;
  readonly #requests = new Map<number, Pending>();
  readonly #tracks = new Map<number, (track: MediaStreamTrack) => void>();
  readonly #figures = new Map<number, (figures: Figures) => void>();
  #next = 1;
  #gone: string | undefined;

  constructor(openSocketUrl: () => Promise<string>, listener: LinkListener) {
    this.#listener = listener;
    const warm = Warm.take();
    this.#worker = warm.worker;
    this.#spare = warm.spare;
    if (warm.failed !== undefined) queueMicrotask(() => this.#lost(`the media worker failed: ${warm.failed}`));
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => this.#lost(`the media worker failed: ${event.message}`);
    openSocketUrl().then(
      (url) => this.post({ type: 'open', url }),
      (error: unknown) => this.#lost(`no socket for this peer connection: ${String(error)}`),
    );
  }

  post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  notify(message: Notice): void {
    this.post({ type: 'control', message });
  }

  request(message: Request): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) {
        reject(new DOMException(this.#gone, 'OperationError'));
        return;
      }
      const id = this.#next++;
      this.#requests.set(id, { resolve, reject });
      this.post({ type: 'control', message: { ...message, id } });
    });
  }

  /** The track that will show what comes on `line`, at once if one is ready. */
  receiveVideo(line: number): MediaStreamTrack | Promise<MediaStreamTrack> {
    const spare = this.#spare;
    this.#spare = undefined;
    this.post({ type: 'receiveVideo', line, spare: spare !== undefined });
    return spare ?? new Promise((resolve) => this.#tracks.set(line, resolve));
  }

  figures(): Promise<Figures> {
    return new Promise((resolve) => {
      const id = this.#next++;
      const late = setTimeout(() => {
        if (this.#figures.delete(id)) resolve({});
      }, FIGURES_WAIT);
      this.#figures.set(id, (figures) => {
        clearTimeout(late);
        resolve(figures);
      });
      this.post({ type: 'figures', id });
    });
  }

  /** Ends worker and socket; what is still asked for is refused. */
  close(): void {
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.post({ type: 'close' });
    this.#spare?.stop();
    this.#refuse('the peer connection is closed', 'InvalidStateError');
  }

  #refuse(reason: string, name: string): void {
    this.#gone = reason;
    for (const { reject } of this.#requests.values()) reject(new DOMException(reason, name));
    this.#requests.clear();
    for (const resolve of this.#figures.values()) resolve({});
    this.#figures.clear();
  }

  #lost(reason: string): void {
    if (this.#gone !== undefined) return;
    this.#refuse(reason, 'OperationError');
    this.#listener.gone(reason);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#spare = message.spare;
        return;
      case 'control':
        this.#control(message.message);
        return;
      case 'track':
        this.#tracks.get(message.line)?.(message.track);
        this.#tracks.delete(message.line);
        return;
      case 'figures':
        this.#figures.get(message.id)?.(message.lines);
        this.#figures.delete(message.id);
        return;
      case 'trouble':
        this.#listener.trouble(message.line, message.message);
        return;
      case 'gone':
        this.#lost(`the core closed the peer connection: ${message.reason}`);
        return;
    }
  }

  #control(message: ToPage): void {
    switch (message.type) {
      case 'done': {
        const pending = this.#requests.get(message.id);
        this.#requests.delete(message.id);
        pending?.resolve(message);
        return;
      }
      case 'failed': {
        const pending = this.#requests.get(message.id);
        this.#requests.delete(message.id);
        pending?.reject(new DOMException(message.message, message.name));
        return;
      }
      case 'keyFrame':
      case 'target':
        return;
      default:
        this.#listener.event(message);
    }
  }
}
