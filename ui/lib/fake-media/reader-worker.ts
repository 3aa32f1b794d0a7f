import { COLUMNS, MAX_ROWS, readMark, type Mark } from './mark';

/** Starts reading: frames where the page could make a processor (Chromium), else the track itself (WebKit). */
export type ReaderStart = { readable: ReadableStream<VideoFrame> } | { track: MediaStreamTrack };

/** A mark that was read out of one decoded frame. */
export interface Reading extends Mark {
  /** The reader's wall clock in milliseconds. */
  readAt: number;
}

declare class MediaStreamTrackProcessor {
  constructor(init: { track: MediaStreamTrack; maxBufferSize?: number });
  readonly readable: ReadableStream<VideoFrame>;
}

let canvas: OffscreenCanvasRenderingContext2D | null = null;

/** The brightness of the frame's top band by drawing it: works with every pixel format, costs a conversion. */
function drawn(frame: VideoFrame, width: number, height: number): (x: number, y: number) => number {
  canvas ??= new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!canvas) throw new Error('this worker cannot draw');
  if (canvas.canvas.width !== width || canvas.canvas.height !== height) {
    canvas.canvas.width = width;
    canvas.canvas.height = height;
  }
  canvas.drawImage(frame, 0, 0);
  const { data } = canvas.getImageData(0, 0, width, height);
  return (x, y) => data[(y * width + x) * 4 + 1] ?? 0;
}

/** The brightness of the frame's top band from its own memory; null where the format has no plain luma or green. */
async function copied(
  frame: VideoFrame,
  width: number,
  height: number,
): Promise<((x: number, y: number) => number) | null> {
  const { format } = frame;
  const planar = format === 'I420' || format === 'NV12';
  if (!planar && !(format && /^(RGB|BGR)[AX]$/.test(format))) return null;
  const options = { rect: { x: 0, y: 0, width: width & ~1, height: height & ~1 } };
  const bytes = new Uint8Array(frame.allocationSize(options));
  const [plane] = await frame.copyTo(bytes, options);
  if (!plane) return null;
  const { offset, stride } = plane;
  return planar ? (x, y) => bytes[offset + y * stride + x] ?? 0 : (x, y) => bytes[offset + y * stride + x * 4 + 1] ?? 0;
}

async function read(frames: ReadableStream<VideoFrame>): Promise<void> {
  const reader = frames.getReader();
  for (;;) {
    const { value: frame, done } = await reader.read();
    if (done) return;
    try {
      const width = frame.displayWidth;
      const height = Math.min(frame.displayHeight, Math.ceil((width / COLUMNS) * MAX_ROWS));
      const at = (await copied(frame, width, height).catch(() => null)) ?? drawn(frame, width, height);
      const mark = readMark(at, width, height);
      if (mark) postMessage({ ...mark, readAt: Date.now() } satisfies Reading);
    } finally {
      frame.close();
    }
  }
}

addEventListener('message', ({ data }: MessageEvent<ReaderStart>) => {
  const frames =
    'readable' in data
      ? data.readable
      : new MediaStreamTrackProcessor({ track: data.track, maxBufferSize: 2 }).readable;
  void read(frames);
});
