import type { Publisher } from 'openvidu-browser';
import type { Recogniser } from '../fake-media';
import type { MediaEvent, MediaReport } from '../ipc/bindings';
import { BLOCKED_MS, FIRST_MEDIA_MS, LOST_MS, REPORT_MS } from './defaults';
import { Ledger, sampleOf } from './ledger';
import { qualityOf, type Moment, type Quality } from './quality';
import type { Remote } from './remote';

/** What a call window shows of its media, beside the pictures themselves. */
export interface MediaState {
  /** Somebody's picture can be seen. */
  picture: boolean;
  /** Somebody else publishes something. */
  streams: boolean;
  /** Nobody shows a picture, because they turned it off. */
  off: boolean;
  /** Nobody can be heard, because they turned it off. */
  muted: boolean;
  /** One's own picture can be seen. */
  own: boolean;
  /** Sound waits for a click. */
  silent: boolean;
  quality: Quality | null;
}

/** What is measured, and who hears of it. */
export interface Measured {
  remotes: () => Remote[];
  publisher: () => Publisher | null;
  /** Logins to recognise; null without fake devices. */
  fake: string[] | null;
  onevent: (event: MediaEvent) => void;
  onreport: (report: MediaReport) => void;
  onstate: (state: MediaState) => void;
}

/** What a publisher's connection counts; receivers' reports come in on it as well. */
const SENDING = ['framesSent', 'bytesSent', 'bytesReceived', 'audioSent', 'audioBytesSent'] as const;

/** Looks at the connections' statistics once a second, and tells what is new. */
export class Figures {
  readonly #measured: Measured;
  readonly #ledger = new Ledger();
  #recogniser: Recogniser | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #first = false;
  #reportedAt = 0;
  #moments: Moment[] = [];
  #progress = { bytes: 0, at: 0 };
  #interrupted = false;
  #blocked = false;
  #rttMs: number | null = null;
  #state: MediaState = {
    picture: false,
    streams: true,
    off: false,
    muted: false,
    own: false,
    silent: false,
    quality: null,
  };

  constructor(measured: Measured) {
    this.#measured = measured;
  }

  start(): void {
    this.#progress.at = performance.now();
    void this.#tick();
  }

  /** The last report; nothing is told after it. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#measure();
    this.#measured.onreport(this.#report());
    this.#recogniser?.stop();
  }

  /** The library noticed that media stopped and tries to restore it. */
  interrupted(_detail: string): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    this.#measured.onevent({ kind: 'reconnecting' });
  }

  /** Shows what is sent and received now. */
  look(): void {
    const remotes = this.#measured.remotes();
    const publisher = this.#measured.publisher();
    this.#show({
      picture: remotes.some((remote) => remote.picture),
      streams: remotes.length > 0,
      off: remotes.length > 0 && remotes.every((remote) => !remote.shows),
      muted: remotes.length > 0 && remotes.every((remote) => !remote.speaks),
      own: publisher !== null && publisher.stream.hasVideo && publisher.stream.videoActive,
    });
  }

  /** Sound waits for a click, or no longer. */
  silent(silent: boolean): void {
    this.#show({ silent });
  }

  async #tick(): Promise<void> {
    // A statistic that cannot be read now is read the next time.
    await this.#measure().catch(() => undefined);
    if (this.#stopped) return;
    const now = performance.now();
    this.#notice(now);
    if (now - this.#reportedAt >= REPORT_MS - FIRST_MEDIA_MS / 2) {
      this.#reportedAt = now;
      this.#measured.onreport(this.#report());
    }
    this.#timer = setTimeout(() => void this.#tick(), this.#first ? REPORT_MS : FIRST_MEDIA_MS);
  }

  async #measure(): Promise<void> {
    const connection = this.#measured.publisher()?.stream.getRTCPeerConnection() as RTCPeerConnection | undefined;
    if (connection && connection.signalingState !== 'closed') {
      const sample = sampleOf(await connection.getStats());
      this.#ledger.addAll(connection, sample, SENDING);
      this.#rttMs = sample.rttMs ?? this.#rttMs;
    }
    for (const remote of this.#measured.remotes()) {
      const sample = await remote.measure(this.#ledger);
      this.#rttMs = sample?.rttMs ?? this.#rttMs;
      await this.#recognise(remote);
    }
  }

  async #recognise(remote: Remote): Promise<void> {
    const { fake } = this.#measured;
    if (!fake || !remote.stream) return;
    if (!this.#recogniser) {
      const { Recogniser } = await import('../fake-media');
      this.#recogniser ??= new Recogniser(fake);
    }
    this.#recogniser.follow(remote.stream);
  }

  #notice(now: number): void {
    const ledger = this.#ledger;
    if (!this.#first && (ledger.total('framesDecoded') > 0 || ledger.total('audible') > 0)) {
      this.#first = true;
      this.#measured.onevent({ kind: 'remoteMedia' });
    }

    const moment: Moment = {
      at: now,
      packetsReceived: ledger.total('packetsReceived'),
      packetsLost: ledger.total('packetsLost'),
      rttMs: this.#rttMs,
    };
    // Quality is that of the last four seconds.
    this.#moments = [...this.#moments.filter((past) => now - past.at < 4 * REPORT_MS), moment];
    const [earliest] = this.#moments;
    this.#show({ quality: this.#first && earliest ? qualityOf(earliest, moment) : null });
    this.look();
    this.#watchProgress(now, this.#measured.remotes());
  }

  /**
   * Media that is due and never came is blocked. Where it did come before, the connection is interrupted, and given up
   * only when it stays so. When media comes again, that is told too.
   */
  #watchProgress(now: number, remotes: Remote[]): void {
    const bytes = this.#ledger.total('bytesReceived');
    const due = remotes.some((remote) => remote.active);
    if (bytes > this.#progress.bytes || !due) {
      const flows = bytes > this.#progress.bytes;
      this.#progress = { bytes, at: now };
      if (flows && (this.#interrupted || this.#blocked)) {
        this.#interrupted = false;
        this.#blocked = false;
        this.#measured.onevent({ kind: 'reconnected' });
      }
      return;
    }
    const waited = now - this.#progress.at;
    if (this.#first && waited > BLOCKED_MS) this.interrupted('nothing arrives');
    if (!this.#blocked && waited > (this.#first ? LOST_MS : BLOCKED_MS)) {
      this.#blocked = true;
      const detail = `nothing arrived for ${Math.round(waited)} ms`;
      this.#measured.onevent({ kind: 'failed', code: 'media_blocked', detail });
    }
  }

  #report(): MediaReport {
    const ledger = this.#ledger;
    return {
      publishing: this.#measured.publisher() !== null,
      subscribed: this.#measured.remotes().length,
      frames_sent: ledger.total('framesSent'),
      frames_received: ledger.total('framesDecoded'),
      audio_received: ledger.total('audible'),
      audio_sent: ledger.total('audioSent'),
      audio_bytes_sent: ledger.total('audioBytesSent'),
      audio_bytes_received: ledger.total('audioBytesReceived'),
      bytes_sent: ledger.total('bytesSent'),
      bytes_received: ledger.total('bytesReceived'),
      rtt_ms: this.#rttMs,
      recognised: this.#recogniser?.read() ?? null,
    };
  }

  #show(parts: Partial<MediaState>): void {
    const next = { ...this.#state, ...parts };
    const same = (Object.keys(next) as (keyof MediaState)[]).every((key) => next[key] === this.#state[key]);
    this.#state = next;
    if (!same) this.#measured.onstate(next);
  }
}
