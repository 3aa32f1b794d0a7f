import { PICTURE } from '../openvidu/defaults';
import { drawBackground, drawMoving } from './picture';
import { encodeMark, paintMark } from './mark';

/** Starts the camera; `writable` where the page made the track (Chromium), else the worker makes one (WebKit). */
export interface CameraStart {
  login: string;
  writable?: WritableStream<VideoFrame>;
}

declare class VideoTrackGenerator {
  readonly writable: WritableStream<VideoFrame>;
  readonly track: MediaStreamTrack;
}

const { width, height, frameRate } = PICTURE;

function start({ login, writable }: CameraStart): void {
  let frames = writable;
  if (!frames) {
    const generator = new VideoTrackGenerator();
    frames = generator.writable;
    // A track is transferable where VideoTrackGenerator exists; TypeScript's list of transferables is older.
    postMessage(generator.track, { transfer: [generator.track as unknown as Transferable] });
  }
  const writer = frames.getWriter();
  const background = new OffscreenCanvas(width, height);
  const canvas = new OffscreenCanvas(width, height);
  // Frames are handed on thirty times a second: no readback, so the default context is right.
  const brush = background.getContext('2d', { alpha: false });
  const context = canvas.getContext('2d', { alpha: false });
  if (!brush || !context) throw new Error('this worker cannot draw');
  drawBackground(brush, width, height);

  const began = performance.now();
  let counter = 0;
  let due = 0;

  const draw = (): void => {
    const now = performance.now() - began;
    counter = (counter + 1) >>> 0;
    context.drawImage(background, 0, 0);
    drawMoving(context, login, now, width, height);
    paintMark(context, encodeMark({ login, counter, time: Date.now() >>> 0 }), width);
    const frame = new VideoFrame(canvas, { timestamp: Math.round(now * 1000) });
    // A consumer that is behind gets the next one; the gap shows in the counter.
    if ((writer.desiredSize ?? 0) > 0) writer.write(frame).catch(stop);
    else frame.close();

    due += 1000 / frameRate;
    if (due < now - 200) due = now;
    timer = setTimeout(draw, Math.max(0, due - (performance.now() - began)));
  };
  const stop = (): void => clearTimeout(timer);
  let timer = setTimeout(draw, 0);
}

addEventListener('message', ({ data }: MessageEvent<CameraStart>) => start(data));
