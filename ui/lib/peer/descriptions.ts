/** The small W3C classes: descriptions, candidates, events, reports. */

export class SessionDescription {
  readonly type: RTCSdpType;
  readonly sdp: string;

  constructor(init: RTCSessionDescriptionInit) {
    this.type = init.type;
    this.sdp = init.sdp ?? '';
  }

  toJSON(): RTCSessionDescriptionInit {
    return { type: this.type, sdp: this.sdp };
  }
}

const FIELDS = /^(?:a=)?candidate:(\S+) (\d+) (\S+) (\d+) (\S+) (\d+) typ (\S+)(.*)$/;

export class IceCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment: string | null;
  readonly foundation: string | null;
  readonly component: RTCIceComponent | null;
  readonly protocol: RTCIceProtocol | null;
  readonly priority: number | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly type: RTCIceCandidateType | null;
  readonly tcpType: RTCIceTcpCandidateType | null;
  readonly relatedAddress: string | null;
  readonly relatedPort: number | null;

  constructor(init: RTCIceCandidateInit = {}) {
    const { sdpMid = null, sdpMLineIndex = null } = init;
    if (sdpMid === null && sdpMLineIndex === null) {
      throw new TypeError('a candidate needs sdpMid or sdpMLineIndex');
    }
    this.candidate = init.candidate ?? '';
    this.sdpMid = sdpMid;
    this.sdpMLineIndex = sdpMLineIndex;
    const fields = FIELDS.exec(this.candidate);
    const rest = fields?.[8] ?? '';
    const extension = (name: string) => new RegExp(` ${name} (\\S+)`).exec(rest)?.[1] ?? null;
    this.usernameFragment = init.usernameFragment ?? extension('ufrag');
    this.foundation = fields?.[1] ?? null;
    this.component = fields === null ? null : fields[2] === '2' ? 'rtcp' : 'rtp';
    this.protocol = (fields?.[3]?.toLowerCase() as RTCIceProtocol | undefined) ?? null;
    this.priority = fields === null ? null : Number(fields[4]);
    this.address = fields?.[5] ?? null;
    this.port = fields === null ? null : Number(fields[6]);
    this.type = (fields?.[7] as RTCIceCandidateType | undefined) ?? null;
    this.tcpType = extension('tcptype') as RTCIceTcpCandidateType | null;
    this.relatedAddress = extension('raddr');
    const relatedPort = extension('rport');
    this.relatedPort = relatedPort === null ? null : Number(relatedPort);
  }

  toJSON(): RTCIceCandidateInit {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = this;
    return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
  }
}

export class PeerConnectionIceEvent extends Event {
  readonly candidate: IceCandidate | null;
  readonly url: string | null = null;

  constructor(type: string, init: EventInit & { candidate?: IceCandidate | null } = {}) {
    super(type, init);
    this.candidate = init.candidate ?? null;
  }
}

export interface TrackEventInit<R, T> extends EventInit {
  receiver: R;
  track: MediaStreamTrack;
  streams?: MediaStream[];
  transceiver: T;
}

export class TrackEvent<R, T> extends Event {
  readonly receiver: R;
  readonly track: MediaStreamTrack;
  readonly streams: readonly MediaStream[];
  readonly transceiver: T;

  constructor(type: string, init: TrackEventInit<R, T>) {
    super(type, init);
    this.receiver = init.receiver;
    this.track = init.track;
    this.streams = Object.freeze(init.streams ?? []);
    this.transceiver = init.transceiver;
  }
}

/** `RTCStatsReport`: a map that nobody can change. */
export class StatsReport {
  readonly #reports: ReadonlyMap<string, RTCStats>;

  constructor(reports: RTCStats[]) {
    this.#reports = new Map(reports.map((report) => [report.id, report]));
  }

  get size(): number {
    return this.#reports.size;
  }

  get(id: string): RTCStats | undefined {
    return this.#reports.get(id);
  }

  has(id: string): boolean {
    return this.#reports.has(id);
  }

  forEach(callback: (value: RTCStats, key: string, report: StatsReport) => void, thisArg?: unknown): void {
    this.#reports.forEach((value, key) => callback.call(thisArg, value, key, this));
  }

  keys(): IterableIterator<string> {
    return this.#reports.keys();
  }

  values(): IterableIterator<RTCStats> {
    return this.#reports.values();
  }

  entries(): IterableIterator<[string, RTCStats]> {
    return this.#reports.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, RTCStats]> {
    return this.#reports.entries();
  }
}
