/** One captured picture's way out: frames of a track to VP8. Runs in the worker. */

import type { CodecFigures } from './messages';
import { HEADER, VIDEO, writeHeader } from './wire';

/** Until the core says otherwise, in bit/s. */
const FIRST_BITRATE = 1_000_000;
/** Frames that wait in the encoder at most; more would only add delay. */
const MOST_QUEUED = 2;
/** Bytes that wait in the socket at most: about a second of video. Frames are left out before they are encoded. */
const MOST_BUFFERED = 256 * 1024;
/** A muted camera sends a black frame this often, so that a late receiver has one too. */
const BLACK_INTERVAL_US = 1_000_000;

export interface EncoderSink {
  /** Sends an encoded frame. */
  send(message: ArrayBuffer): void;
  /** Bytes that were given to `send` and are not gone yet. */
  buffered(): number;
  trouble(message: string): void;
}

export class VideoSender {
  readonly #line: number;
  readonly #sink: EncoderSink;
  #track: MediaStreamTrack | undefined;
  #reader: ReadableStreamDefaultReader<VideoFrame> | undefined;
  #encoder: VideoEncoder | undefined;
  #config: VideoEncoderConfig | undefined;
  #target = FIRST_BITRATE;
  #limit: number | undefined;
  #framerate: number | undefined;
  #keyFrame = true;
  #connected = false;
  #live = true;
  #lastBlack = -Infinity;
  #lastEncoded = -Infinity;
  /** What is added to the track's own times, in microseconds; unknown before its first frame. */
  #offset: number | undefined;
  /** The newest frame's time in microseconds, and when it was seen in milliseconds. */
  #newest = { time: 0, at: 0 };
  #failures = 0;
  #figures = { framesEncoded: 0, keyFramesEncoded: 0, framesLeftOut: 0, frames: 0, frameWidth: 0, frameHeight: 0 };
  #rate = new Rate();

  constructor(line: number, sink: EncoderSink) {
    this.#line = line;
    this.#sink = sink;
  }

  /** Sends `track` from now on, or nothing. The track is this object's own and stopped when it is done with. */
  setTrack(track: MediaStreamTrack | null, live: boolean): void {
    this.#release();
    this.#live = live;
    if (track === null) return;
    this.#track = track;
    this.#offset = undefined;
    this.#keyFrame = true;
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    this.#reader = reader;
    void this.#read(reader);
  }

  /** Whether the picture itself goes out, or black. */
  set live(live: boolean) {
    if (this.#live !== live) this.#keyFrame = true;
    this.#live = live;
  }

  /** Nothing is encoded before the other side is there. */
  set connected(connected: boolean) {
    if (connected && !this.#connected) this.#keyFrame = true;
    this.#connected = connected;
  }

  requestKeyFrame(): void {
    this.#keyFrame = true;
  }

  /** What the network carries, in bit/s. */
  set target(bitrate: number) {
    this.#target = bitrate;
    this.#configure();
  }

  limit(bitrate: number | null, framerate: number | null): void {
    this.#limit = bitrate ?? undefined;
    this.#framerate = framerate ?? undefined;
    this.#configure();
  }

  figures(): CodecFigures {
    const { framesLeftOut, ...figures } = this.#figures;
    return {
      ...figures,
      framesDropped: framesLeftOut,
      framesPerSecond: this.#rate.value(),
      encoderImplementation: 'WebCodecs vp8',
    };
  }

  close(): void {
    this.#release();
    this.#closeEncoder();
  }

  #release(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    // Cancelling a reader whose track has ended already is no error worth telling.
    reader?.cancel().catch(() => undefined);
    this.#track?.stop();
    this.#track = undefined;
  }

  #closeEncoder(): void {
    const encoder = this.#encoder;
    this.#encoder = undefined;
    this.#config = undefined;
    if (encoder !== undefined && encoder.state !== 'closed') encoder.close();
  }

  async #read(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        try {
          if (this.#reader === reader) this.#encode(value);
        } finally {
          value.close();
        }
      }
    } catch (error) {
      if (this.#reader === reader) this.#sink.trouble(`the camera's frames cannot be read: ${String(error)}`);
    }
  }

  #encode(frame: VideoFrame): void {
    this.#figures.frames += 1;
    this.#figures.frameWidth = frame.displayWidth;
    this.#figures.frameHeight = frame.displayHeight;
    const time = this.#time(frame.timestamp);
    if (time === undefined || !this.#connected) return;
    if (this.#framerate !== undefined && time - this.#lastEncoded < 900_000 / this.#framerate) return;
    const encoder = this.#ready(frame);
    if (encoder === undefined) return;
    if (encoder.encodeQueueSize >= MOST_QUEUED || this.#sink.buffered() > MOST_BUFFERED) {
      this.#figures.framesLeftOut += 1;
      return;
    }
    const input = this.#live ? new VideoFrame(frame, { timestamp: time }) : this.#blackFrame(frame, time);
    if (input === undefined) return;
    try {
      encoder.encode(input, { keyFrame: this.#keyFrame });
      this.#lastEncoded = time;
      this.#keyFrame = false;
    } catch (error) {
      this.#failed(error);
    } finally {
      input.close();
    }
  }

  /**
   * The frame's time on a clock that only ever rises: a track begins anywhere, also below zero, and the next track
   * somewhere else. None for a frame that is not newer than the last.
   */
  #time(timestamp: number): number | undefined {
    const now = performance.now();
    const passed = this.#newest.at === 0 ? 0 : Math.max(1, Math.round((now - this.#newest.at) * 1000));
    this.#offset ??= this.#newest.time + passed - timestamp;
    const time = timestamp + this.#offset;
    if (this.#newest.at !== 0 && time <= this.#newest.time) return undefined;
    this.#newest = { time, at: now };
    return time;
  }

  #blackFrame(like: VideoFrame, timestamp: number): VideoFrame | undefined {
    if (!this.#keyFrame && timestamp - this.#lastBlack < BLACK_INTERVAL_US) return undefined;
    this.#lastBlack = timestamp;
    const { displayWidth: width, displayHeight: height } = like;
    const luma = width * height;
    const data = new Uint8Array(luma + 2 * Math.ceil(width / 2) * Math.ceil(height / 2)).fill(128);
    data.fill(16, 0, luma);
    return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp });
  }

  /** The encoder for frames of this size. */
  #ready(frame: VideoFrame): VideoEncoder | undefined {
    const { displayWidth: width, displayHeight: height } = frame;
    if (this.#encoder === undefined) {
      const encoder = new VideoEncoder({
        output: (chunk) => this.#output(chunk),
        error: (error) => {
          if (this.#encoder === encoder) this.#failed(error);
        },
      });
      this.#encoder = encoder;
    }
    if (this.#config?.width !== width || this.#config.height !== height) {
      this.#config = { codec: 'vp8', width, height, latencyMode: 'realtime', bitrateMode: 'variable' };
      this.#keyFrame = true;
      this.#configure();
    }
    return this.#encoder;
  }

  #configure(): void {
    if (this.#encoder === undefined || this.#config === undefined) return;
    const bitrate = Math.min(this.#target, this.#limit ?? Infinity);
    const framerate = this.#framerate ?? 30;
    if (this.#config.bitrate === bitrate && this.#config.framerate === framerate) return;
    this.#config = { ...this.#config, bitrate, framerate };
    try {
      this.#encoder.configure(this.#config);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#closeEncoder();
    this.#keyFrame = true;
    this.#failures += 1;
    if (this.#failures <= 3) this.#sink.trouble(`the picture cannot be encoded: ${String(error)}`);
  }

  #output(chunk: EncodedVideoChunk): void {
    const message = new ArrayBuffer(HEADER + chunk.byteLength);
    const key = chunk.type === 'key';
    writeHeader(new DataView(message), VIDEO, this.#line, key ? 1 : 0, chunk.timestamp);
    chunk.copyTo(new Uint8Array(message, HEADER));
    this.#figures.framesEncoded += 1;
    if (key) this.#figures.keyFramesEncoded += 1;
    this.#rate.count();
    this.#sink.send(message);
  }
}

/** How many in the last second. */
export class Rate {
  #times: number[] = [];

  count(): void {
    const now = performance.now();
    this.#times.push(now);
    while (this.#times.length > 0 && (this.#times[0] ?? now) < now - 1000) this.#times.shift();
  }

  value(): number {
    const since = performance.now() - 1000;
    return this.#times.filter((time) => time >= since).length;
  }
}
