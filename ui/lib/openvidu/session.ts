import type {
  ExceptionEvent,
  OpenVidu,
  Publisher,
  Session,
  StreamEvent,
  Subscriber,
  VideoElementEvent,
} from 'openvidu-browser';
import type { ErrorCode, MediaEvent, MediaReport, MediaTicket } from '../ipc/bindings';
import { captureDevices, type Capture } from './capture';
import { joinCode } from './codes';
import { DeadlineError, withDeadline } from './deadline';
import { CONNECT_MS, LEAVE_MS, NEGOTIATE_MS, PICTURE, REPUBLISH_MS } from './defaults';
import { Figures, type MediaState } from './figures';
import { Remote } from './remote';

/** What the call window gives to its media. */
export interface Surroundings {
  /** Remote pictures are put in here. */
  stage: HTMLElement;
  /** The own picture is put in here. */
  own: HTMLElement;
  /** Names of pictures for a screen reader. */
  words: { stage: string; own: string };
  /** Whose marks and voices the fake devices may show: the other person's login and one's own. */
  candidates: string[];
  /** Address of a socket for one peer connection, where the webview has none of its own. */
  openPeerSocket: () => Promise<string>;
  onevent: (event: MediaEvent) => void;
  onreport: (report: MediaReport) => void;
  onstate: (state: MediaState) => void;
}

/** The part of openvidu-browser that its types keep private: the ICE servers of the answer to `joinRoom`. */
type Answered = { iceServers?: unknown[] };

/** One call's media through openvidu-browser. Problems arrive as events; no method rejects. */
export class MediaSession {
  readonly #ticket: MediaTicket;
  readonly #around: Surroundings;
  readonly #figures: Figures;
  readonly #remotes = new Map<string, Remote>();
  #openvidu: OpenVidu | null = null;
  #session: Session | null = null;
  #publisher: Publisher | null = null;
  #capture: Capture | null = null;
  #microphone = true;
  #camera = true;
  #ended = false;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(ticket: MediaTicket, around: Surroundings) {
    this.#ticket = ticket;
    this.#around = around;
    this.#figures = new Figures({
      remotes: () => [...this.#remotes.values()],
      publisher: () => this.#publisher,
      fake: ticket.fakeMedia ? around.candidates : null,
      onevent: (event) => this.#tell(event),
      onreport: around.onreport,
      onstate: around.onstate,
    });
  }

  /** Joins, publishes what the ticket allows, subscribes to what others publish. */
  async start(): Promise<void> {
    // Devices are slow to open: they do so while the session is joined.
    const capture = this.#ticket.publish ? this.#open() : null;
    try {
      await this.#join();
    } catch (reason) {
      this.#fail(joinCode(reason), reason);
      this.#tell({ kind: 'disconnected', reason: 'joinFailed' });
      (await capture)?.stop();
      return;
    }
    if (this.#ended) return;
    this.#figures.start();
    // Until what was captured is published the other side has nothing to see.
    if (!capture || (await this.#publish(await capture))) this.#tell({ kind: 'joined' });
  }

  setMicrophone(on: boolean): void {
    this.#microphone = on;
    if (this.#publisher?.stream.hasAudio) this.#publisher.publishAudio(on);
  }

  setCamera(on: boolean): void {
    this.#camera = on;
    if (this.#publisher?.stream.hasVideo) void this.#publisher.publishVideo(on);
  }

  /** After a click, where the webview wanted one before it plays sound. */
  async sound(): Promise<void> {
    for (const remote of this.#remotes.values()) if (remote.element) await this.#play(remote.element);
  }

  /** Ends it on this side: last figures, devices given back, session left. */
  async leave(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#leaving);
    removeEventListener('mediatrouble', this.#troubled);
    removeEventListener('connectionlost', this.#parted);
    await withDeadline(this.#figures.stop(), LEAVE_MS, 'the last figures').catch(() => undefined);
    this.#session?.disconnect();
    this.#capture?.stop();
  }

  async #join(): Promise<void> {
    // The constructor is what counts: settings and versions of WebKitGTK promise it where it is compiled out.
    if (typeof RTCPeerConnection === 'undefined') {
      const { installPeerConnection } = await import('../peer');
      installPeerConnection(this.#around.openPeerSocket);
    }
    // After the shim: the library looks for the names when it is loaded.
    const library = await import('openvidu-browser');
    const openvidu = new library.OpenVidu();
    // Without it, TURN credentials and tokens are logged.
    openvidu.enableProdMode();
    const session = openvidu.initSession();
    this.#openvidu = openvidu;
    this.#session = session;
    this.#listen(session);
    addEventListener('mediatrouble', this.#troubled);
    addEventListener('connectionlost', this.#parted);
    const { url, login } = this.#ticket;
    await withDeadline(session.connect(url, { clientData: login }), CONNECT_MS, 'joining the session');
    this.#askNobodyElse();
  }

  /**
   * With no ICE server named in the answer the library would ask public STUN servers; an empty list of one's own keeps
   * it from that. Before the first stream of either direction: those that are there already are told of before
   * `connect` resolves.
   */
  #askNobodyElse(): void {
    const answered = (this.#openvidu as unknown as Answered | null)?.iceServers ?? [];
    if (answered.length === 0) this.#openvidu?.setAdvancedConfiguration({ rtcConfiguration: { iceServers: [] } });
  }

  #listen(session: Session): void {
    session.on('connectionCreated', ({ connection }) => {
      if (connection.connectionId !== session.connection.connectionId) this.#tell({ kind: 'remoteJoined' });
    });
    session.on('streamCreated', (event) => {
      this.#tell({ kind: 'remoteStream' });
      void this.#subscribe(event);
    });
    session.on('streamDestroyed', (event) => this.#lost(event));
    session.on('connectionDestroyed', () => {
      if (session.remoteConnections.size === 0) this.#tell({ kind: 'remoteLeft' });
    });
    session.on('sessionDisconnected', ({ reason }) => {
      if (this.#ended) return;
      this.#tell({ kind: 'disconnected', reason });
    });
    session.on('reconnecting', () => this.#tell({ kind: 'reconnecting' }));
    session.on('reconnected', () => this.#tell({ kind: 'reconnected' }));
    session.on('exception', (event) => this.#exception(event));
  }

  #exception({ name, message }: ExceptionEvent): void {
    // Of a lost ICE connection the library has begun to recover by itself; the figures say when media is back.
    if (`${name}`.startsWith('ICE_CONNECTION')) this.#figures.interrupted(message);
  }

  /** Our own peer connection cannot encode or decode something: said once a call, the rest goes on. */
  #troubled = (event: Event): void => {
    removeEventListener('mediatrouble', this.#troubled);
    this.#fail('media_trouble', event instanceof ErrorEvent ? event.message : event.type);
  };

  /** Our own peer connection has lost the core; the library makes another one. */
  #parted = (event: Event): void => this.#figures.interrupted(event.type);

  async #subscribe({ stream }: StreamEvent): Promise<void> {
    if (!this.#ticket.subscribe || !this.#session || this.#ended) return;
    clearTimeout(this.#leaving);
    this.#askNobodyElse();
    try {
      const subscriber = await withDeadline(
        this.#session.subscribeAsync(stream, this.#around.stage, { insertMode: 'APPEND' }),
        NEGOTIATE_MS,
        'subscribing',
      );
      this.#show(stream.streamId, subscriber);
    } catch (reason) {
      this.#fail('media_blocked', reason);
    }
  }

  #show(streamId: string, subscriber: Subscriber): void {
    const remote = new Remote(subscriber);
    this.#remotes.set(streamId, remote);
    subscriber.on('videoElementCreated', ({ element }: VideoElementEvent) => {
      element.setAttribute('aria-label', this.#around.words.stage);
      element.playsInline = true;
      remote.element = element;
      void this.#play(element);
    });
  }

  /** Plays with sound; a webview that wants a click first leads to a button that gives it. */
  async #play(element: HTMLVideoElement): Promise<void> {
    try {
      await element.play();
      this.#figures.silent(false);
    } catch (reason) {
      // An element that is taken away while it starts rejects too, and needs nobody's click.
      if (reason instanceof DOMException && reason.name === 'NotAllowedError') this.#figures.silent(true);
    }
  }

  #lost({ stream, reason }: StreamEvent): void {
    if (!this.#remotes.delete(stream.streamId) || this.#remotes.size > 0) return;
    // Taken back, not gone: the same person may be about to publish anew.
    const wait = reason === 'unpublish' ? REPUBLISH_MS : 0;
    this.#leaving = setTimeout(() => this.#tell({ kind: 'remoteLeft' }), wait);
  }

  async #open(): Promise<Capture> {
    const { fakeMedia, media, login } = this.#ticket;
    let capture: Capture;
    if (fakeMedia) {
      const { fakeCapture } = await import('../fake-media');
      try {
        capture = { ...(await fakeCapture(login, { video: media === 'video' })), problems: [] };
      } catch (reason) {
        const problems = [{ code: 'camera_absent', detail: `fake camera: ${String(reason)}` } as const];
        capture = { audio: null, video: null, problems, stop: () => undefined };
      }
    } else {
      capture = await captureDevices(media);
    }
    this.#capture = capture;
    if (this.#ended) capture.stop();
    return capture;
  }

  /** Sends what there is. False when it could not be sent, which was told. */
  async #publish({ audio, video, problems }: Capture): Promise<boolean> {
    for (const { code, detail } of problems) this.#fail(code, detail);
    const openvidu = this.#openvidu;
    const session = this.#session;
    // Nothing to send: the call goes on with what is received.
    if (!openvidu || !session || this.#ended || (!audio && !video)) return true;
    if (video) {
      // Movement matters more than sharpness when there is not enough bandwidth for both.
      video.contentHint = 'motion';
      video.addEventListener('ended', () => this.#unplugged());
    }
    try {
      const publisher = await withDeadline(
        openvidu.initPublisherAsync(this.#around.own, {
          audioSource: audio ?? false,
          videoSource: video ?? false,
          publishAudio: this.#microphone,
          publishVideo: this.#camera,
          resolution: `${PICTURE.width}x${PICTURE.height}`,
          frameRate: PICTURE.frameRate,
          insertMode: 'APPEND',
          mirror: false,
        }),
        NEGOTIATE_MS,
        'preparing the own stream',
      );
      publisher.on('videoElementCreated', ({ element }: VideoElementEvent) => {
        element.setAttribute('aria-label', this.#around.words.own);
        element.playsInline = true;
        element.muted = true;
      });
      await withDeadline(session.publish(publisher), NEGOTIATE_MS, 'publishing');
      this.#publisher = publisher;
      // Somebody may have pressed a button in the meantime.
      this.setMicrophone(this.#microphone);
      this.setCamera(this.#camera);
      return true;
    } catch (reason) {
      if (!this.#ended) this.#fail(reason instanceof DeadlineError ? 'media_blocked' : 'not_allowed', reason);
      return false;
    }
  }

  #unplugged(): void {
    if (this.#ended) return;
    this.setCamera(false);
    this.#fail('camera_absent', 'the camera went away');
  }

  #fail(code: ErrorCode, reason: unknown): void {
    this.#tell({ kind: 'failed', code, detail: reason instanceof Error ? reason.message : String(reason) });
  }

  #tell(event: MediaEvent): void {
    if (!this.#ended) this.#around.onevent(event);
  }
}
