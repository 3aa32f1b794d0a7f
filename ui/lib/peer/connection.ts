/** `RTCPeerConnection` for a webview that has none: W3C's shape in front, the worker and the core behind. */

import { IceCandidate, PeerConnectionIceEvent, SessionDescription, StatsReport, TrackEvent } from './descriptions';
import { Link, type Events } from './link';
import { mergeReports } from './stats';
import { RtpReceiver, RtpSender, RtpTransceiver, type Owner } from './transceiver';
import type { Description, Kind, Outcome, TransceiverState } from './wire';

type Handler = ((this: PeerConnection, event: Event) => unknown) | null;

const EVENTS = [
  'icecandidate',
  'iceconnectionstatechange',
  'icegatheringstatechange',
  'connectionstatechange',
  'signalingstatechange',
  'negotiationneeded',
  'track',
  'icecandidateerror',
  'datachannel',
] as const;

/** Media lines of one connection at most; the core has the same bound. */
const MOST_LINES = 16;

let openSocketUrl: () => Promise<string> = () => Promise.reject(new Error('not installed'));

/** Where new connections find the core. */
export function setSocketSource(source: () => Promise<string>): void {
  openSocketUrl = source;
}

function invalidState(message: string): DOMException {
  return new DOMException(message, 'InvalidStateError');
}

export class PeerConnection extends EventTarget {
  readonly #link: Link;
  readonly #owner: Owner;
  #configuration: RTCConfiguration;
  #transceivers: RtpTransceiver[] = [];
  #streams = new Map<RtpTransceiver, MediaStream[]>();
  #tracks = new Map<RtpTransceiver, Promise<void>>();
  #remoteStreams = new Map<string, MediaStream>();
  #signaling: RTCSignalingState = 'stable';
  #ice: RTCIceConnectionState = 'new';
  #connection: RTCPeerConnectionState = 'new';
  #gathering: RTCIceGatheringState = 'new';
  #local: { current: SessionDescription | null; pending: SessionDescription | null } = { current: null, pending: null };
  #remote: { current: SessionDescription | null; pending: SessionDescription | null } = {
    current: null,
    pending: null,
  };
  #lastMade: Description | undefined;
  #operations: Promise<unknown> = Promise.resolve();
  #negotiationQueued = false;
  #handlers = new Map<string, { handler: NonNullable<Handler>; listener: EventListener }>();
  readonly canTrickleIceCandidates = true;
  readonly sctp = null;

  constructor(configuration: RTCConfiguration = {}) {
    super();
    this.#configuration = { ...configuration };
    this.#link = new Link(openSocketUrl, {
      event: (message) => this.#event(message),
      trouble: (line, message) => this.#trouble(line, message),
      gone: (reason) => this.#gone(reason),
    });
    // oxlint-disable-next-line typescript/no-this-alias -- the owner's getter looks at this connection
    const connection = this;
    this.#owner = {
      link: this.#link,
      get closed() {
        return connection.#signaling === 'closed';
      },
      stats: (select) => this.#stats(select),
      fail: (line, error) => this.#trouble(line, String(error)),
      negotiationNeeded: () => this.#negotiationNeeded(),
    };
  }

  static generateCertificate(): Promise<never> {
    return Promise.reject(new DOMException('certificates are the core\u2019s', 'NotSupportedError'));
  }

  get signalingState(): RTCSignalingState {
    return this.#signaling;
  }

  get iceConnectionState(): RTCIceConnectionState {
    return this.#ice;
  }

  get connectionState(): RTCPeerConnectionState {
    return this.#connection;
  }

  get iceGatheringState(): RTCIceGatheringState {
    return this.#gathering;
  }

  get localDescription(): SessionDescription | null {
    return this.#local.pending ?? this.#local.current;
  }

  get currentLocalDescription(): SessionDescription | null {
    return this.#local.current;
  }

  get pendingLocalDescription(): SessionDescription | null {
    return this.#local.pending;
  }

  get remoteDescription(): SessionDescription | null {
    return this.#remote.pending ?? this.#remote.current;
  }

  get currentRemoteDescription(): SessionDescription | null {
    return this.#remote.current;
  }

  get pendingRemoteDescription(): SessionDescription | null {
    return this.#remote.pending;
  }

  getConfiguration(): RTCConfiguration {
    return { ...this.#configuration };
  }

  setConfiguration(configuration: RTCConfiguration = {}): void {
    this.#mustBeOpen();
    this.#configuration = { ...configuration };
  }

  getSenders(): RtpSender[] {
    return this.#transceivers.map((transceiver) => transceiver.sender);
  }

  getReceivers(): RtpReceiver[] {
    return this.#transceivers.map((transceiver) => transceiver.receiver);
  }

  getTransceivers(): RtpTransceiver[] {
    return [...this.#transceivers];
  }

  addTransceiver(trackOrKind: MediaStreamTrack | string, init: RTCRtpTransceiverInit = {}): RtpTransceiver {
    this.#mustBeOpen();
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const kind = track?.kind ?? trackOrKind;
    if (kind !== 'audio' && kind !== 'video') throw new TypeError(`no such kind: ${String(kind)}`);
    const direction = init.direction ?? 'sendrecv';
    if (direction === 'stopped') throw new TypeError('a new transceiver cannot be stopped');
    const line = this.#freeLine();
    const streams = init.streams ?? [];
    this.#link.notify({
      type: 'addTransceiver',
      line,
      kind,
      direction,
      stream: streams[0]?.id ?? null,
      track: track?.id ?? null,
    });
    const transceiver = new RtpTransceiver(this.#owner, line, kind, direction, init.sendEncodings);
    this.#add(transceiver);
    this.#streams.set(transceiver, streams);
    if (track !== null) RtpSender.use(transceiver.sender, track);
    this.#negotiationNeeded();
    return transceiver;
  }

  addTrack(track: MediaStreamTrack, ...streams: MediaStream[]): RtpSender {
    this.#mustBeOpen();
    if (this.getSenders().some((sender) => sender.track === track)) {
      throw new DOMException('this track is sent already', 'InvalidAccessError');
    }
    const free = this.#transceivers.find(
      (one) => RtpTransceiver.kind(one) === track.kind && one.sender.track === null && one.direction === 'recvonly',
    );
    if (free === undefined) return this.addTransceiver(track, { streams }).sender;
    free.direction = 'sendrecv';
    this.#streams.set(free, streams);
    RtpSender.use(free.sender, track);
    return free.sender;
  }

  removeTrack(sender: RtpSender): void {
    this.#mustBeOpen();
    const transceiver = this.#transceivers.find((one) => one.sender === sender);
    if (transceiver === undefined) throw new DOMException('not a sender of this connection', 'InvalidAccessError');
    RtpSender.use(sender, null);
    if (transceiver.direction === 'sendrecv') transceiver.direction = 'recvonly';
    if (transceiver.direction === 'sendonly') transceiver.direction = 'inactive';
  }

  createDataChannel(): never {
    throw new DOMException('data channels are not supported', 'NotSupportedError');
  }

  restartIce(): void {
    this.#negotiationNeeded();
  }

  createOffer(options: RTCOfferOptions = {}): Promise<RTCSessionDescriptionInit> {
    return this.#chain(async () => {
      for (const [kind, wanted] of [
        ['audio', options.offerToReceiveAudio],
        ['video', options.offerToReceiveVideo],
      ] as const) {
        if (wanted === true && !this.#transceivers.some((one) => RtpTransceiver.kind(one) === kind)) {
          this.addTransceiver(kind, { direction: 'recvonly' });
        }
      }
      await this.#tracksReady();
      return this.#made(await this.#link.request({ type: 'createOffer' }));
    });
  }

  createAnswer(): Promise<RTCSessionDescriptionInit> {
    return this.#chain(async () => {
      if (this.#signaling !== 'have-remote-offer') throw invalidState('there is no remote offer');
      return this.#made(await this.#link.request({ type: 'createAnswer' }));
    });
  }

  setLocalDescription(init?: RTCLocalSessionDescriptionInit): Promise<void> {
    return this.#chain(async () => {
      const answering = this.#signaling === 'have-remote-offer';
      const type = init?.type ?? (answering ? 'answer' : 'offer');
      if (type !== 'offer' && type !== 'answer') throw new TypeError(`${type} is not supported`);
      if ((type === 'answer') !== answering) throw invalidState(`an ${type} does not fit ${this.#signaling}`);
      let sdp = init?.sdp ?? '';
      if (sdp === '') {
        if (this.#lastMade?.type !== type) {
          const request = type === 'offer' ? 'createOffer' : 'createAnswer';
          await this.#tracksReady();
          this.#made(await this.#link.request({ type: request }));
        }
        sdp = this.#lastMade?.sdp ?? '';
      }
      const outcome = await this.#link.request({ type: 'setLocalDescription', description: { type, sdp } });
      this.#applied(this.#local, this.#remote, new SessionDescription({ type, sdp }));
      this.#gathers('gathering');
      await this.#transceiversChanged(outcome.transceivers ?? []);
    });
  }

  setRemoteDescription(init: RTCSessionDescriptionInit): Promise<void> {
    return this.#chain(async () => {
      const { type, sdp = '' } = init;
      if (type !== 'offer' && type !== 'answer') throw new TypeError(`${type} is not supported`);
      const fits = type === 'offer' ? this.#signaling === 'stable' : this.#signaling === 'have-local-offer';
      if (!fits) throw invalidState(`an ${type} does not fit ${this.#signaling}`);
      await this.#tracksReady();
      const outcome = await this.#link.request({ type: 'setRemoteDescription', description: { type, sdp } });
      await this.#transceiversChanged(outcome.transceivers ?? []);
      this.#applied(this.#remote, this.#local, new SessionDescription({ type, sdp }));
    });
  }

  addIceCandidate(init: RTCIceCandidateInit | IceCandidate | null = null): Promise<void> {
    return this.#chain(async () => {
      if (this.remoteDescription === null) throw invalidState('there is no remote description');
      const { candidate = '', sdpMid = null, sdpMLineIndex = null } = init ?? {};
      if (candidate !== '' && sdpMid === null && sdpMLineIndex === null) {
        throw new TypeError('a candidate needs sdpMid or sdpMLineIndex');
      }
      await this.#link.request({ type: 'addCandidate', candidate: { candidate, sdpMid, sdpMLineIndex } });
    });
  }

  getStats(track: MediaStreamTrack | null = null): Promise<StatsReport> {
    if (track === null) return this.#stats(() => true);
    const transceiver = this.#transceivers.find((one) => one.sender.track === track || one.receiver.track === track);
    if (transceiver === undefined) {
      return Promise.reject(new DOMException('not a track of this connection', 'InvalidAccessError'));
    }
    const line = RtpTransceiver.line(transceiver);
    return this.#stats((report) => report.line === undefined || report.line === line);
  }

  close(): void {
    if (this.#signaling === 'closed') return;
    this.#signaling = 'closed';
    this.#ice = 'closed';
    this.#connection = 'closed';
    for (const transceiver of this.#transceivers) RtpTransceiver.release(transceiver);
    this.#link.close();
  }

  /** The `on...` properties: one handler each, W3C's way. */
  static handler(connection: PeerConnection, type: string): Handler {
    return connection.#handlers.get(type)?.handler ?? null;
  }

  static setHandler(connection: PeerConnection, type: string, handler: Handler): void {
    const before = connection.#handlers.get(type);
    if (before !== undefined) connection.removeEventListener(type, before.listener);
    connection.#handlers.delete(type);
    if (typeof handler !== 'function') return;
    const listener = (event: Event) => handler.call(connection, event);
    connection.#handlers.set(type, { handler, listener });
    connection.addEventListener(type, listener);
  }

  #mustBeOpen(): void {
    if (this.#signaling === 'closed') throw invalidState('the peer connection is closed');
  }

  /** One operation after the other, as W3C chains them. */
  #chain<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#signaling === 'closed') return Promise.reject(invalidState('the peer connection is closed'));
    const result = this.#operations.then(() => {
      this.#mustBeOpen();
      return operation();
    });
    this.#operations = result.catch(() => undefined);
    return result;
  }

  #freeLine(): number {
    const used = new Set(this.#transceivers.map((one) => RtpTransceiver.line(one)));
    for (let line = 0; line < MOST_LINES; line += 1) if (!used.has(line)) return line;
    throw new DOMException('too many transceivers', 'OperationError');
  }

  #add(transceiver: RtpTransceiver): void {
    this.#transceivers.push(transceiver);
    if (!RtpTransceiver.receives(transceiver)) return;
    this.#receive(transceiver);
  }

  /** Makes sure that the transceiver's remote track exists. */
  #receive(transceiver: RtpTransceiver): void {
    if (this.#tracks.has(transceiver)) return;
    this.#tracks.set(transceiver, RtpReceiver.prepare(transceiver.receiver));
  }

  async #tracksReady(): Promise<void> {
    await Promise.all(this.#tracks.values());
  }

  #made(outcome: Outcome): RTCSessionDescriptionInit {
    const { description } = outcome;
    if (description === undefined) throw new DOMException('the core gave no description', 'OperationError');
    this.#lastMade = description;
    return new SessionDescription(description);
  }

  #applied(
    mine: { current: SessionDescription | null; pending: SessionDescription | null },
    other: { current: SessionDescription | null; pending: SessionDescription | null },
    description: SessionDescription,
  ): void {
    if (description.type === 'offer') {
      mine.pending = description;
      this.#signals(mine === this.#local ? 'have-local-offer' : 'have-remote-offer');
      return;
    }
    mine.current = description;
    mine.pending = null;
    other.current = other.pending ?? other.current;
    other.pending = null;
    this.#lastMade = undefined;
    this.#signals('stable');
  }

  /** Takes over what the core says of the transceivers, and announces the tracks that are received now. */
  async #transceiversChanged(states: TransceiverState[]): Promise<void> {
    const announced: RtpTransceiver[] = [];
    for (const state of states) {
      let transceiver = this.#transceivers.find((one) => RtpTransceiver.line(one) === state.line);
      if (transceiver === undefined) {
        transceiver = new RtpTransceiver(this.#owner, state.line, state.kind, state.direction);
        this.#add(transceiver);
      }
      if (RtpTransceiver.apply(transceiver, state.mid, state.currentDirection)) {
        this.#receive(transceiver);
        RtpReceiver.start(transceiver.receiver);
        announced.push(transceiver);
      }
    }
    await this.#tracksReady();
    for (const transceiver of announced) {
      const { receiver } = transceiver;
      const stream = this.#remoteStream();
      stream.addTrack(receiver.track);
      this.dispatchEvent(new TrackEvent('track', { receiver, track: receiver.track, streams: [stream], transceiver }));
    }
  }

  /** The one stream that the remote tracks of this connection belong to. */
  #remoteStream(): MediaStream {
    const stream = this.#remoteStreams.get('') ?? new MediaStream();
    this.#remoteStreams.set('', stream);
    return stream;
  }

  #signals(state: RTCSignalingState): void {
    if (this.#signaling === state || this.#signaling === 'closed') return;
    this.#signaling = state;
    this.dispatchEvent(new Event('signalingstatechange'));
  }

  #gathers(state: RTCIceGatheringState): void {
    if (this.#gathering === state) return;
    this.#gathering = state;
    this.dispatchEvent(new Event('icegatheringstatechange'));
  }

  #event(message: Events): void {
    if (this.#signaling === 'closed') return;
    switch (message.type) {
      case 'candidate': {
        if (message.candidate === null) this.#gathers('complete');
        const candidate = message.candidate === null ? null : new IceCandidate(message.candidate);
        this.dispatchEvent(new PeerConnectionIceEvent('icecandidate', { candidate }));
        return;
      }
      case 'iceConnectionState':
        this.#setIce(message.state);
        return;
      case 'connectionState':
        this.#setConnection(message.state);
        return;
    }
  }

  #setIce(state: RTCIceConnectionState): void {
    if (this.#ice === state) return;
    this.#ice = state;
    this.dispatchEvent(new Event('iceconnectionstatechange'));
  }

  #setConnection(state: RTCPeerConnectionState): void {
    if (this.#connection === state) return;
    this.#connection = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  #gone(reason: string): void {
    if (this.#signaling === 'closed') return;
    this.#tell('connectionlost', reason);
    this.#setIce('failed');
    this.#setConnection('failed');
  }

  #trouble(line: number, message: string): void {
    this.#tell('mediatrouble', `media line ${line}: ${message}`);
  }

  /** Says it to whoever made this connection, and to the page: a library in between may listen to neither. */
  #tell(what: 'mediatrouble' | 'connectionlost', message: string): void {
    this.dispatchEvent(new ErrorEvent(what, { message }));
    globalThis.dispatchEvent(new ErrorEvent(what, { message }));
  }

  #negotiationNeeded(): void {
    if (this.#negotiationQueued || this.#signaling === 'closed') return;
    this.#negotiationQueued = true;
    queueMicrotask(() => {
      this.#negotiationQueued = false;
      if (this.#signaling === 'stable') this.dispatchEvent(new Event('negotiationneeded'));
    });
  }

  async #stats(select: (report: RTCStats & { line?: number }) => boolean): Promise<StatsReport> {
    if (this.#signaling === 'closed') return new StatsReport([]);
    const [outcome, figures] = await Promise.all([this.#link.request({ type: 'getStats' }), this.#link.figures()]);
    return new StatsReport(mergeReports(outcome.stats ?? [], figures, select));
  }
}

for (const type of EVENTS) {
  Object.defineProperty(PeerConnection.prototype, `on${type}`, {
    configurable: true,
    enumerable: true,
    get(this: PeerConnection) {
      return PeerConnection.handler(this, type);
    },
    set(this: PeerConnection, handler: Handler) {
      PeerConnection.setHandler(this, type, handler);
    },
  });
}

export type { Kind };
