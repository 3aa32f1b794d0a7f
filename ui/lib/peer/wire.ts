/**
 * What crosses the loopback WebSocket between the page and the core. The description of it, with every rule, is in
 * `crates/peer/src/wire.rs`; this is its copy for the page.
 */

export type Kind = 'audio' | 'video';
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Description {
  type: 'offer' | 'answer';
  sdp: string;
}

export interface CandidateInit {
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
}

export interface Processing {
  echoCancellation: boolean;
  noiseSuppression: boolean;
  autoGainControl: boolean;
}

/** A request: the core answers it with exactly one `done` or `failed` of the same `id`. */
export type Request =
  | { type: 'createOffer' }
  | { type: 'createAnswer' }
  | { type: 'setLocalDescription'; description: Description }
  | { type: 'setRemoteDescription'; description: Description }
  | { type: 'addCandidate'; candidate: CandidateInit }
  | { type: 'getStats' };

/** What is said without waiting for an answer. */
export type Notice =
  | {
      type: 'addTransceiver';
      line: number;
      kind: Kind;
      direction: Direction;
      stream: string | null;
      track: string | null;
    }
  | { type: 'setDirection'; line: number; direction: Direction }
  | { type: 'setProcessing'; line: number; processing: Processing }
  | { type: 'requestKeyFrame'; line: number };

export type FromPage = (Request & { id: number }) | Notice;

export interface TransceiverState {
  line: number;
  mid: string | null;
  kind: Kind;
  direction: Direction;
  currentDirection: Direction | null;
  codec: string | null;
}

/** A report of `getStats`, with the line it belongs to. */
export type Report = { id: string; type: string; line?: number } & Record<string, unknown>;

export interface Outcome {
  description?: Description;
  transceivers?: TransceiverState[];
  stats?: Report[];
}

export type ToPage =
  | ({ type: 'done'; id: number } & Outcome)
  | { type: 'failed'; id: number; name: string; message: string }
  | { type: 'candidate'; candidate: CandidateInit | null }
  | { type: 'iceConnectionState'; state: RTCIceConnectionState }
  | { type: 'connectionState'; state: RTCPeerConnectionState }
  | { type: 'keyFrame'; line: number }
  | { type: 'target'; line: number; bitrate: number };

/** Length of the binary header. */
export const HEADER = 16;

export const VIDEO = 1;
export const AUDIO = 2;
export const PULL = 3;
export const SEEN = 4;

/** Writes a header at the beginning of `bytes`, which must be that long. */
export function writeHeader(bytes: DataView, kind: number, line: number, extra: number, timestampUs: number): void {
  bytes.setUint8(0, kind);
  bytes.setUint8(1, line);
  bytes.setUint8(2, kind === VIDEO ? extra : 0);
  bytes.setUint8(3, kind === PULL || kind === SEEN ? extra : 0);
  bytes.setUint32(4, 0, true);
  bytes.setBigUint64(8, BigInt(Math.max(0, Math.round(timestampUs))), true);
}

export interface Header {
  kind: number;
  line: number;
  keyFrame: boolean;
  timestampUs: number;
}

/** Reads a header; none when the message is not one of the core's. */
export function readHeader(message: ArrayBuffer): Header | undefined {
  if (message.byteLength <= HEADER) return undefined;
  const bytes = new DataView(message);
  const kind = bytes.getUint8(0);
  if (kind !== VIDEO && kind !== AUDIO) return undefined;
  return {
    kind,
    line: bytes.getUint8(1),
    keyFrame: (bytes.getUint8(2) & 1) === 1,
    timestampUs: Number(bytes.getBigUint64(8, true)),
  };
}
