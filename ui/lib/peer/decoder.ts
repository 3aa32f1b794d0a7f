/** One remote picture's way in: VP8 to frames of a generated track. Runs in the worker. */

import { Rate } from './encoder';
import type { CodecFigures } from './messages';

/** Frames that wait to be shown at most. */
const MOST_UNSHOWN = 4;
/** Frames that wait in the decoder at most; beyond it the decoder is too slow and starts again at a key frame. */
const MOST_QUEUED = 30;

export interface DecoderSink {
  requestKeyFrame(): void;
  trouble(message: string): void;
}

export class VideoReceiver {
  /** Whom to tell; nobody before a line uses this receiver. */
  sink: DecoderSink | undefined;
  readonly #generator = new VideoTrackGenerator();
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  #decoder: VideoDecoder | undefined;
  #needsKeyFrame = true;
  #failures = 0;
  #lastShown = 0;
  #figures = {
    framesDecoded: 0,
    keyFramesDecoded: 0,
    framesDropped: 0,
    frameWidth: 0,
    frameHeight: 0,
    freezeCount: 0,
    totalFreezesDuration: 0,
    longestFreeze: 0,
  };
  #rate = new Rate();

  constructor() {
    this.#writer = this.#generator.writable.getWriter();
    // The page stops the track when it is done with it: writing then fails, and nobody minds.
    this.#writer.closed.catch(() => undefined);
  }

  /** The track that shows what is received; it can be taken once. */
  get track(): MediaStreamTrack {
    return this.#generator.track;
  }

  receive(data: Uint8Array, keyFrame: boolean, timestamp: number): void {
    if (this.#needsKeyFrame && !keyFrame) {
      this.#figures.framesDropped += 1;
      this.sink?.requestKeyFrame();
      return;
    }
    const decoder = this.#ready();
    if (decoder === undefined) return;
    if (decoder.decodeQueueSize >= MOST_QUEUED) {
      this.#figures.framesDropped += 1;
      this.#reset();
      return;
    }
    this.#needsKeyFrame = false;
    if (keyFrame) this.#figures.keyFramesDecoded += 1;
    try {
      decoder.decode(new EncodedVideoChunk({ type: keyFrame ? 'key' : 'delta', timestamp, data }));
    } catch (error) {
      this.#failed(error);
    }
  }

  figures(): CodecFigures {
    return { ...this.#figures, framesPerSecond: this.#rate.value(), decoderImplementation: 'WebCodecs vp8' };
  }

  close(): void {
    this.#closeDecoder();
    this.#writer.close().catch(() => undefined);
  }

  #ready(): VideoDecoder | undefined {
    if (this.#decoder !== undefined) return this.#decoder;
    const decoder = new VideoDecoder({
      output: (frame) => this.#show(frame),
      error: (error) => {
        if (this.#decoder === decoder) this.#failed(error);
      },
    });
    try {
      decoder.configure({ codec: 'vp8', optimizeForLatency: true });
    } catch (error) {
      this.sink?.trouble(`this picture cannot be decoded here: ${String(error)}`);
      return undefined;
    }
    this.#decoder = decoder;
    return decoder;
  }

  #show(frame: VideoFrame): void {
    this.#figures.framesDecoded += 1;
    this.#figures.frameWidth = frame.displayWidth;
    this.#figures.frameHeight = frame.displayHeight;
    this.#rate.count();
    const now = performance.now();
    if (this.#lastShown > 0) {
      const gap = now - this.#lastShown;
      this.#figures.longestFreeze = Math.max(this.#figures.longestFreeze, gap / 1000);
      // W3C's freeze: three times the usual pace and at least 150 ms more than it.
      if (gap > 33 + 150) {
        this.#figures.freezeCount += 1;
        this.#figures.totalFreezesDuration += gap / 1000;
      }
    }
    this.#lastShown = now;
    if ((this.#writer.desiredSize ?? 0) < -MOST_UNSHOWN) {
      this.#figures.framesDropped += 1;
      frame.close();
      return;
    }
    // The generator takes the frame over, and closes it also when it cannot show it.
    this.#writer.write(frame).catch(() => frame.close());
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#failures <= 3) this.sink?.trouble(`the remote picture cannot be decoded: ${String(error)}`);
    this.#reset();
  }

  /** Starts again at the next key frame. */
  #reset(): void {
    this.#closeDecoder();
    this.#needsKeyFrame = true;
    this.sink?.requestKeyFrame();
  }

  #closeDecoder(): void {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    if (decoder !== undefined && decoder.state !== 'closed') decoder.close();
  }
}
