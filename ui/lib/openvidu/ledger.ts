/** Sound as browsers count it, over all streams of a connection. */
export interface Sound {
  /** Decoded samples that are not concealment. */
  genuine: number;
  /** Seconds that were played, concealment included. */
  seconds: number;
  /** Squares of the level (1 is full scale) times the seconds that it lasted. */
  energy: number;
}

/** Figures of one peer connection at one moment; counters begin at 0 with each connection. */
export interface Sample {
  framesSent: number;
  framesDecoded: number;
  bytesSent: number;
  bytesReceived: number;
  /** Samples of 48,000 a second that were sent as sound. */
  audioSent: number;
  /** What of `bytesSent` was sound. */
  audioBytesSent: number;
  /** What of `bytesReceived` was sound. */
  audioBytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
  /** Decoded samples that are neither silence nor concealment; absent where the connection does not tell. */
  audible: number | null;
  /** Sound that was decoded, for connections that do not tell what of it was audible. */
  sound: Sound;
  rttMs: number | null;
}

/** Samples in a packet of Opus, for connections that count packets only: 20 ms at 48 kHz (RFC 7587, section 4.2). */
const OPUS_PACKET = 960;

type Stat = Record<string, unknown>;

function number(stat: Stat, name: string): number {
  const value = stat[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** Reads what is reported out of `getStats()`, of a browser or of our own peer connection. */
export function sampleOf(report: { forEach(visit: (stat: Stat) => void): void }): Sample {
  const sample: Sample = {
    framesSent: 0,
    framesDecoded: 0,
    bytesSent: 0,
    bytesReceived: 0,
    audioSent: 0,
    audioBytesSent: 0,
    audioBytesReceived: 0,
    packetsReceived: 0,
    packetsLost: 0,
    audible: null,
    sound: { genuine: 0, seconds: 0, energy: 0 },
    rttMs: null,
  };
  report.forEach((stat) => {
    if (stat['type'] === 'outbound-rtp') {
      const bytes = number(stat, 'bytesSent') + number(stat, 'headerBytesSent');
      sample.bytesSent += bytes;
      if (stat['kind'] === 'audio') {
        sample.audioBytesSent += bytes;
        sample.audioSent += number(stat, 'totalSamplesSent') || number(stat, 'packetsSent') * OPUS_PACKET;
      }
      if (stat['kind'] === 'video') sample.framesSent += number(stat, 'framesSent') || number(stat, 'framesEncoded');
    } else if (stat['type'] === 'inbound-rtp') {
      const bytes = number(stat, 'bytesReceived') + number(stat, 'headerBytesReceived');
      sample.bytesReceived += bytes;
      if (stat['kind'] === 'audio') sample.audioBytesReceived += bytes;
      sample.packetsReceived += number(stat, 'packetsReceived');
      sample.packetsLost += number(stat, 'packetsLost');
      if (stat['kind'] === 'video') sample.framesDecoded += number(stat, 'framesDecoded');
      if ('audibleSamplesReceived' in stat)
        sample.audible = (sample.audible ?? 0) + number(stat, 'audibleSamplesReceived');
      sample.sound.genuine += Math.max(0, number(stat, 'totalSamplesReceived') - number(stat, 'concealedSamples'));
      sample.sound.seconds += number(stat, 'totalSamplesDuration');
      sample.sound.energy += number(stat, 'totalAudioEnergy');
    } else if (stat['type'] === 'candidate-pair' && 'currentRoundTripTime' in stat) {
      if (stat['nominated'] === true || stat['selected'] === true || stat['state'] === 'succeeded')
        sample.rttMs = number(stat, 'currentRoundTripTime') * 1000;
    }
  });
  return sample;
}

type Counter = Exclude<keyof Sample, 'rttMs' | 'audible' | 'sound'>;

/**
 * Adds samples up so that totals only grow, although a reconnected stream is a new connection whose counters begin
 * anew (openvidu-browser never restarts ICE on an old one).
 */
export class Ledger {
  readonly #last = new WeakMap<object, Partial<Record<string, number>>>();
  readonly #totals = new Map<string, number>();

  /** Takes `value` of `counter` of one connection. */
  add(connection: object, counter: string, value: number): void {
    const last = this.#last.get(connection) ?? {};
    const grown = Math.max(0, value - (last[counter] ?? 0));
    this.#totals.set(counter, this.total(counter) + grown);
    this.#last.set(connection, { ...last, [counter]: Math.max(value, last[counter] ?? 0) });
  }

  /** Takes several counters of one connection. */
  addAll(connection: object, sample: Sample, counters: readonly Counter[]): void {
    for (const counter of counters) this.add(connection, counter, sample[counter]);
  }

  /** What a counter has come to over all connections. */
  total(counter: string): number {
    return this.#totals.get(counter) ?? 0;
  }
}
