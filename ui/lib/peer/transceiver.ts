/** Sender, receiver and transceiver. */

import type { StatsReport } from './descriptions';
import type { Link } from './link';
import { Loudspeaker, Microphone, processingFor } from './sound';
import { watch } from './tracks';
import type { Direction, Kind } from './wire';

/** What the three need of their connection. */
export interface Owner {
  readonly link: Link;
  readonly closed: boolean;
  stats(select: (report: RTCStats & { line?: number }) => boolean): Promise<StatsReport>;
  fail(line: number, error: unknown): void;
  negotiationNeeded(): void;
}

const CODECS: Record<Kind, RTCRtpCodec[]> = {
  audio: [{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, sdpFmtpLine: 'minptime=10;useinbandfec=1' }],
  video: [{ mimeType: 'video/VP8', clockRate: 90_000 }],
};

function capabilities(kind: string): RTCRtpCapabilities | null {
  if (kind !== 'audio' && kind !== 'video') return null;
  return { codecs: structuredClone(CODECS[kind]), headerExtensions: [] };
}

export class RtpSender {
  readonly #owner: Owner;
  readonly #line: number;
  readonly #kind: Kind;
  #track: MediaStreamTrack | null = null;
  #unwatch: (() => void) | undefined;
  #microphone: Microphone | undefined;
  #parameters: RTCRtpSendParameters;
  #transaction: string | undefined;
  readonly dtmf = null;
  readonly transport = null;
  readonly transform = null;

  constructor(owner: Owner, line: number, kind: Kind, encodings: RTCRtpEncodingParameters[]) {
    this.#owner = owner;
    this.#line = line;
    this.#kind = kind;
    this.#parameters = {
      transactionId: '',
      encodings: encodings.length > 0 ? encodings.map((one) => ({ active: true, ...one })) : [{ active: true }],
      codecs: [],
      headerExtensions: [],
      rtcp: {},
    };
  }

  static getCapabilities(kind: string): RTCRtpCapabilities | null {
    return capabilities(kind);
  }

  get track(): MediaStreamTrack | null {
    return this.#track;
  }

  /** Sends `track` from now on. Not part of W3C: `replaceTrack` is. */
  static use(sender: RtpSender, track: MediaStreamTrack | null): void {
    sender.#use(track);
  }

  static release(sender: RtpSender): void {
    sender.#unwatch?.();
    sender.#unwatch = undefined;
    sender.#microphone?.close();
    sender.#microphone = undefined;
  }

  #use(track: MediaStreamTrack | null): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#track = track;
    if (this.#kind === 'audio') this.#useSound(track);
    else this.#usePicture(track);
  }

  #useSound(track: MediaStreamTrack | null): void {
    const { link } = this.#owner;
    const line = this.#line;
    if (track !== null) {
      link.notify({ type: 'setProcessing', line, processing: processingFor(track) });
      this.#microphone ??= new Microphone(
        line,
        (port) => link.post({ type: 'microphone', port }, [port]),
        (error) => this.#owner.fail(line, error),
      );
    }
    // A disabled or stopped track is silent by itself.
    if (this.#microphone !== undefined) this.#microphone.track = track;
  }

  #usePicture(track: MediaStreamTrack | null): void {
    const { link } = this.#owner;
    const line = this.#line;
    if (track === null || track.readyState === 'ended') {
      link.post({ type: 'sendVideo', line, track: null, live: false });
      return;
    }
    // The page keeps its own track: the worker gets a clone, which hears of what the page does to it.
    const clone = track.clone();
    clone.enabled = true;
    this.#unwatch = watch(track, {
      enabled: (live) => link.post({ type: 'enableVideo', line, live }),
      stopped: () => link.post({ type: 'sendVideo', line, track: null, live: false }),
    });
    link.post({ type: 'sendVideo', line, track: clone, live: track.enabled }, [clone as unknown as Transferable]);
    this.#limit();
  }

  #limit(): void {
    if (this.#kind !== 'video') return;
    // One layer is sent: the best of those that were asked for.
    const encoding = this.#parameters.encodings.at(-1);
    this.#owner.link.post({
      type: 'limitVideo',
      line: this.#line,
      bitrate: encoding?.maxBitrate ?? null,
      framerate: encoding?.maxFramerate ?? null,
    });
  }

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    if (track !== null && track.kind !== this.#kind) throw new TypeError(`this sender sends ${this.#kind}`);
    if (this.#owner.closed) throw new DOMException('the peer connection is closed', 'InvalidStateError');
    this.#use(track);
  }

  getParameters(): RTCRtpSendParameters {
    this.#transaction = crypto.randomUUID();
    return { ...structuredClone(this.#parameters), transactionId: this.#transaction };
  }

  async setParameters(parameters: RTCRtpSendParameters): Promise<void> {
    if (this.#transaction === undefined) throw new DOMException('getParameters was not called', 'InvalidStateError');
    if (parameters.transactionId !== this.#transaction) {
      throw new DOMException('these parameters are not the last ones read', 'InvalidModificationError');
    }
    if (parameters.encodings.length !== this.#parameters.encodings.length) {
      throw new DOMException('the number of encodings cannot change', 'InvalidModificationError');
    }
    this.#parameters = structuredClone(parameters);
    this.#transaction = undefined;
    this.#limit();
  }

  setStreams(): void {
    this.#owner.negotiationNeeded();
  }

  getStats(): Promise<StatsReport> {
    return this.#owner.stats((report) => report.type === 'outbound-rtp' && report.line === this.#line);
  }
}

export class RtpReceiver {
  readonly #owner: Owner;
  readonly #line: number;
  readonly #kind: Kind;
  readonly #loudspeaker: Loudspeaker | undefined;
  #track: MediaStreamTrack | undefined;
  readonly transport = null;
  readonly transform = null;
  jitterBufferTarget: number | null = null;

  constructor(owner: Owner, line: number, kind: Kind) {
    this.#owner = owner;
    this.#line = line;
    this.#kind = kind;
    if (kind === 'audio') {
      this.#loudspeaker = new Loudspeaker();
      this.#track = this.#loudspeaker.track;
    }
  }

  static getCapabilities(kind: string): RTCRtpCapabilities | null {
    return capabilities(kind);
  }

  get track(): MediaStreamTrack {
    // A picture's track comes from the worker: usually one is ready, otherwise it exists once an offer was made or a
    // description applied.
    return this.#track ?? placeholder();
  }

  /** Makes the track, if it is not there yet. */
  static async prepare(receiver: RtpReceiver): Promise<void> {
    if (receiver.#kind !== 'video' || receiver.#track !== undefined) return;
    const track = receiver.#owner.link.receiveVideo(receiver.#line);
    receiver.#track = track instanceof Promise ? await track : track;
  }

  /** Lets the sound flow. */
  static start(receiver: RtpReceiver): void {
    const { link } = receiver.#owner;
    const line = receiver.#line;
    receiver.#loudspeaker
      ?.start((port) => link.post({ type: 'loudspeaker', line, port }, [port]))
      .catch((error: unknown) => receiver.#owner.fail(line, error));
  }

  static release(receiver: RtpReceiver): void {
    receiver.#loudspeaker?.close();
    if (receiver.#kind === 'video') receiver.#track?.stop();
  }

  getParameters(): RTCRtpReceiveParameters {
    return { codecs: [], headerExtensions: [], rtcp: {} };
  }

  getContributingSources(): RTCRtpContributingSource[] {
    return [];
  }

  getSynchronizationSources(): RTCRtpSynchronizationSource[] {
    return [];
  }

  getStats(): Promise<StatsReport> {
    return this.#owner.stats((report) => report.type === 'inbound-rtp' && report.line === this.#line);
  }
}

/** A black picture's track, for whoever looks before the real one is there. */
function placeholder(): MediaStreamTrack {
  const [track] = document.createElement('canvas').captureStream(0).getVideoTracks();
  if (track === undefined) throw new DOMException('no track can be made', 'OperationError');
  return track;
}

export class RtpTransceiver {
  readonly sender: RtpSender;
  readonly receiver: RtpReceiver;
  readonly #owner: Owner;
  readonly #line: number;
  readonly #kind: Kind;
  #direction: Direction;
  #state: { mid: string | null; current: Direction | null } = { mid: null, current: null };
  #stopped = false;

  constructor(
    owner: Owner,
    line: number,
    kind: Kind,
    direction: Direction,
    encodings: RTCRtpEncodingParameters[] = [],
  ) {
    this.#owner = owner;
    this.#line = line;
    this.#kind = kind;
    this.#direction = direction;
    this.sender = new RtpSender(owner, line, kind, encodings);
    this.receiver = new RtpReceiver(owner, line, kind);
  }

  get mid(): string | null {
    return this.#state.mid;
  }

  get currentDirection(): RTCRtpTransceiverDirection | null {
    return this.#state.current;
  }

  get direction(): RTCRtpTransceiverDirection {
    return this.#stopped ? 'stopped' : this.#direction;
  }

  set direction(direction: RTCRtpTransceiverDirection) {
    if (this.#stopped) throw new DOMException('the transceiver is stopped', 'InvalidStateError');
    if (direction === 'stopped') throw new TypeError('stop() stops a transceiver');
    if (direction === this.#direction) return;
    this.#direction = direction;
    this.#owner.link.notify({ type: 'setDirection', line: this.#line, direction });
    this.#owner.negotiationNeeded();
  }

  stop(): void {
    if (this.#stopped) return;
    this.direction = 'inactive';
    this.#stopped = true;
    RtpTransceiver.release(this);
  }

  setCodecPreferences(): void {
    // There is one codec of each kind.
  }

  static line(transceiver: RtpTransceiver): number {
    return transceiver.#line;
  }

  static kind(transceiver: RtpTransceiver): Kind {
    return transceiver.#kind;
  }

  /** Whether it will receive, as far as is known. */
  static receives(transceiver: RtpTransceiver): boolean {
    const direction = transceiver.#state.current ?? transceiver.#direction;
    return direction === 'recvonly' || direction === 'sendrecv';
  }

  /** Takes over what the descriptions agreed; says whether it receives only from now on. */
  static apply(transceiver: RtpTransceiver, mid: string | null, current: Direction | null): boolean {
    const { current: before } = transceiver.#state;
    transceiver.#state = { mid, current };
    const receives = (direction: Direction | null) => direction === 'recvonly' || direction === 'sendrecv';
    return receives(current) && !receives(before);
  }

  static release(transceiver: RtpTransceiver): void {
    RtpSender.release(transceiver.sender);
    RtpReceiver.release(transceiver.receiver);
  }
}
