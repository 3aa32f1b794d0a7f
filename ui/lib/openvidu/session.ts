import type { ExceptionEvent, OpenVidu, Session, StreamEvent, Subscriber, VideoElementEvent } from 'openvidu-browser';
import type { ErrorCode, MediaEvent, MediaReport, MediaTicket } from '../ipc/bindings';
import { joinCode } from './codes';
import { withDeadline } from './deadline';
import { CONNECT_MS, LEAVE_MS, NEGOTIATE_MS, REPUBLISH_MS } from './defaults';
import { Figures, type MediaState } from './figures';
import { Own } from './own';
import { Places, type Asking } from './places';
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
  readonly #own: Own;
  readonly #remotes = new Map<string, Remote>();
  /** Streams of others that there are, subscribed or about to be. */
  readonly #there = new Set<string>();
  #openvidu: OpenVidu | null = null;
  #session: Session | null = null;
  #places: Places | null = null;
  #ended = false;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #lastFigures: Promise<unknown> | null = null;

  constructor(ticket: MediaTicket, around: Surroundings) {
    this.#ticket = ticket;
    this.#around = around;
    this.#own = new Own(ticket, around, (code, reason) => this.#fail(code, reason));
    this.#figures = new Figures({
      remotes: () => [...this.#remotes.values()],
      publisher: () => this.#own.publisher,
      fake: ticket.fakeMedia ? around.candidates : null,
      onevent: (event) => this.#tell(event),
      onreport: around.onreport,
      onstate: around.onstate,
    });
  }

  /** Joins, publishes what the ticket allows, subscribes to what others publish. */
  async start(): Promise<void> {
    // Devices are slow to open: they do so while the session is joined.
    if (this.#ticket.publish) this.#own.open();
    let joined: { openvidu: OpenVidu; session: Session } | null;
    try {
      joined = await this.#join();
    } catch (reason) {
      this.#fail(joinCode(reason), reason);
      this.#tell({ kind: 'disconnected', reason: 'joinFailed' });
      this.#own.close();
      return;
    }
    if (!joined || this.#ended) return;
    this.#figures.start();
    // Until what was captured is published the other side has nothing to see.
    if (!this.#ticket.publish || (await this.#own.publish(joined.openvidu, joined.session)))
      this.#tell({ kind: 'joined' });
  }

  setMicrophone(on: boolean): void {
    this.#own.setMicrophone(on);
  }

  setCamera(on: boolean): void {
    this.#own.setCamera(on);
  }

  /** After a click, where the webview wanted one before it plays sound. */
  async sound(): Promise<void> {
    for (const remote of this.#remotes.values()) if (remote.element) await this.#play(remote.element);
  }

  /** Ends it on this side: devices given back, last figures, session left; `atOnce` where the page is going away. */
  async leave(atOnce = false): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      clearTimeout(this.#leaving);
      removeEventListener('mediatrouble', this.#troubled);
      removeEventListener('connectionlost', this.#parted);
      this.#own.close();
      this.#places?.close();
      // Figures are a courtesy: those that cannot be read in time are left out.
      this.#lastFigures = withDeadline(this.#figures.stop(), LEAVE_MS, 'the last figures').catch(() => undefined);
    }
    // A page may go away while the last figures are still waited for.
    if (!atOnce) await this.#lastFigures;
    this.#session?.disconnect();
    this.#session = null;
  }

  /** Null where the call ended before there was a session to join. */
  async #join(): Promise<{ openvidu: OpenVidu; session: Session } | null> {
    // The constructor is what counts: settings and versions of WebKitGTK promise it where it is compiled out.
    if (typeof RTCPeerConnection === 'undefined') {
      const { installPeerConnection } = await import('../peer');
      installPeerConnection(this.#around.openPeerSocket);
    }
    // After the shim: the library looks for the names when it is loaded.
    const library = await import('openvidu-browser');
    if (this.#ended) return null;
    const openvidu = new library.OpenVidu();
    // Without it, TURN credentials and tokens are logged.
    openvidu.enableProdMode();
    const session = openvidu.initSession();
    this.#openvidu = openvidu;
    this.#session = session;
    this.#places = new Places(openvidu as unknown as Asking);
    this.#listen(session);
    addEventListener('mediatrouble', this.#troubled);
    addEventListener('connectionlost', this.#parted);
    const { url, login } = this.#ticket;
    const connecting = session.connect(url, { clientData: login });
    // The library cannot stop a join that is under way; one that comes through after the end is left at once.
    connecting.then(() => this.#ended && session.disconnect()).catch(() => undefined);
    await withDeadline(connecting, CONNECT_MS, 'joining the session');
    this.#askNobodyElse();
    return { openvidu, session };
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
    // A camera or microphone was turned off or on; the library has already written it down.
    session.on('streamPropertyChanged', () => this.#figures.look());
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
    this.#there.add(stream.streamId);
    clearTimeout(this.#leaving);
    this.#askNobodyElse();
    try {
      const subscriber = await withDeadline(
        this.#session.subscribeAsync(stream, this.#around.stage, { insertMode: 'APPEND' }),
        NEGOTIATE_MS,
        'subscribing',
      );
      // Taken back while it was subscribed to: nothing of it will ever arrive, which must not look like a blocked network.
      if (this.#there.has(stream.streamId)) this.#show(stream.streamId, subscriber);
    } catch (reason) {
      if (this.#there.has(stream.streamId)) this.#fail('media_blocked', reason);
    }
  }

  #show(streamId: string, subscriber: Subscriber): void {
    const remote = new Remote(subscriber);
    this.#remotes.set(streamId, remote);
    subscriber.on('videoElementCreated', ({ element }: VideoElementEvent) => {
      element.setAttribute('aria-label', this.#around.words.stage);
      element.playsInline = true;
      remote.element = element;
      this.#places?.show(streamId, element);
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
    this.#remotes.delete(stream.streamId);
    this.#places?.forget(stream.streamId);
    if (!this.#there.delete(stream.streamId) || this.#there.size > 0) return;
    // Taken back, not gone: the same person may be about to publish anew.
    const wait = reason === 'unpublish' ? REPUBLISH_MS : 0;
    this.#leaving = setTimeout(() => this.#tell({ kind: 'remoteLeft' }), wait);
  }

  #fail(code: ErrorCode, reason: unknown): void {
    this.#tell({ kind: 'failed', code, detail: reason instanceof Error ? reason.message : String(reason) });
  }

  #tell(event: MediaEvent): void {
    if (!this.#ended) this.#around.onevent(event);
  }
}
