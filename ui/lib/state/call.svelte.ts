import { toIpcError, type CallControl, type Unlisten } from '../ipc/backend';
import type { CallView, ErrorCode, MediaTicket } from '../ipc/bindings';
import type { MediaState, Surroundings } from '../openvidu';
import type { WindowState } from './window.svelte';

/** What the call window needs of its media; `MediaSession` of lib/openvidu is one. */
export interface CallSession {
  start(): Promise<void>;
  setMicrophone(on: boolean): void;
  setCamera(on: boolean): void;
  sound(): Promise<void>;
  /** `atOnce` where the page is going away, and nothing can be waited for. */
  leave(atOnce?: boolean): Promise<void>;
}

/** Makes a session for a ticket. */
export type SessionMaker = (ticket: MediaTicket, around: Surroundings) => Promise<CallSession>;

/** Where pictures go, and what a screen reader calls them. */
export type Surface = Pick<Surroundings, 'stage' | 'own' | 'words'>;

/** Problems that are shown in words while the call goes on. */
const CAMERA: readonly ErrorCode[] = ['camera_absent', 'camera_refused', 'camera_busy'];

/** The media of the call that this window shows. */
export class CallMedia {
  state = $state.raw<MediaState>({
    picture: false,
    streams: true,
    off: false,
    muted: false,
    own: false,
    silent: false,
    quality: null,
  });
  /** What does not work, newest last, each once. */
  problems = $state.raw<ErrorCode[]>([]);

  readonly #window: WindowState;
  readonly #make: SessionMaker;
  #session: CallSession | null = null;
  #joined = false;
  #left = false;
  #unlisten: Unlisten | null = null;
  /** What the core last said of the devices. */
  #on = { microphone: true, camera: true };

  constructor(window: WindowState, make: SessionMaker) {
    this.#window = window;
    this.#make = make;
  }

  /** No camera can be used in this call. */
  get noCamera(): boolean {
    return this.problems.some((code) => CAMERA.includes(code));
  }

  get noMicrophone(): boolean {
    return this.problems.includes('microphone_absent');
  }

  /** Joins the call's session, once. A call that ends meanwhile is not joined, and opens no device. */
  async join(call: CallView, surface: Surface): Promise<void> {
    if (this.#joined) return;
    this.#joined = true;
    const { backend } = this.#window;
    await this.#window.ask(async () => {
      const unlisten = await backend.onCallControl((control) => this.#apply(control));
      if (this.#left) return unlisten();
      this.#unlisten = unlisten;
      const ticket = await backend.mediaTicket().catch((reason: unknown) => {
        // The call is over: how it ended is shown, not that there is nothing to join.
        if (this.#left) return null;
        if (call.state === 'calling' && toIpcError(reason).code === 'not_now') return null;
        throw reason;
      });
      if (!ticket || this.#left) return;
      const session = await this.#make(ticket, {
        ...surface,
        candidates: [call.login, ticket.login],
        openPeerSocket: () => backend.peerSocketUrl(),
        onevent: (event) => {
          if (event.kind === 'failed') this.#problem(event.code);
          if (event.kind === 'reconnected') this.#solved('media_blocked');
          void this.#window.ask(() => backend.mediaEvent(event));
        },
        // A report that is refused is followed by the next one; nobody is told.
        onreport: (report) => void backend.mediaReport(report).catch(() => undefined),
        onstate: (state) => (this.state = state),
      });
      if (this.#left) return session.leave();
      this.#session = session;
      this.#bring();
      await session.start();
    });
  }

  /** Brings the devices to what the core says. */
  devices(microphone: boolean, camera: boolean): void {
    this.#on = { microphone, camera };
    this.#bring();
  }

  sound(): void {
    void this.#session?.sound();
  }

  /** The person has read it. */
  dismiss(code: ErrorCode): void {
    this.#read = [...this.#read, code];
  }

  /** Problems to show. */
  get shown(): ErrorCode[] {
    return this.problems.filter((code) => !this.#read.includes(code));
  }

  async leave(atOnce = false): Promise<void> {
    this.#left = true;
    this.#unlisten?.();
    this.#unlisten = null;
    await this.#session?.leave(atOnce);
    this.#session = null;
  }

  #read = $state.raw<ErrorCode[]>([]);

  #apply({ kind, on }: CallControl): void {
    this.#on = { ...this.#on, [kind]: on };
    this.#bring();
  }

  #bring(): void {
    this.#session?.setMicrophone(this.#on.microphone);
    this.#session?.setCamera(this.#on.camera);
  }

  #problem(code: ErrorCode): void {
    this.problems = [...this.problems.filter((known) => known !== code), code];
    this.#read = this.#read.filter((known) => known !== code);
  }

  #solved(code: ErrorCode): void {
    this.problems = this.problems.filter((known) => known !== code);
  }
}
