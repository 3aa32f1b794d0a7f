import type { ErrorCode, Media } from '../ipc/bindings';
import { cameraCode } from './codes';
import { DeadlineError } from './deadline';
import { CAPTURE_MS, MICROPHONE_MS, PICTURE } from './defaults';

/** A device that cannot be used, and why. */
export interface Problem {
  code: ErrorCode;
  detail: string;
}

/** Tracks to publish; what is missing is explained by `problems`, the call goes on with the rest. */
export interface Capture {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  problems: Problem[];
  /** Gives the devices back. */
  stop(): void;
}

/** `getUserMedia` with a deadline; tracks that arrive after it are stopped, so no device stays open unseen. */
async function open(constraints: MediaStreamConstraints, limitMs: number): Promise<MediaStream> {
  if (!('mediaDevices' in navigator)) throw new DOMException('no media devices here', 'NotFoundError');
  const asked = navigator.mediaDevices.getUserMedia(constraints);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError('opening a device', limitMs));
      asked.then((stream) => stream.getTracks().forEach((track) => track.stop())).catch(() => undefined);
    }, limitMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Opens what `media` asks for, together if possible, else each alone. Never rejects, and takes no longer than both
 * limits together: the call waits for it, and gives up when it hears nothing.
 */
export async function captureDevices(media: Media): Promise<Capture> {
  const { width, height, frameRate } = PICTURE;
  const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frameRate } };
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const streams: MediaStream[] = [];
  const problems: Problem[] = [];
  const end = performance.now() + CAPTURE_MS;
  const left = (): number => end - performance.now();

  if (media === 'video') {
    try {
      streams.push(await open({ audio, video }, left()));
    } catch (both) {
      // Which of the two failed is told by trying each alone; what never answers is not asked twice.
      try {
        if (both instanceof DeadlineError) throw both;
        streams.push(await open({ video }, left()));
      } catch (reason) {
        problems.push({ code: cameraCode(reason), detail: String(reason) });
      }
    }
  }
  if (!streams.some((stream) => stream.getAudioTracks().length > 0)) {
    try {
      streams.push(await open({ audio }, Math.max(MICROPHONE_MS, left())));
    } catch (reason) {
      problems.push({ code: 'microphone_absent', detail: String(reason) });
    }
  }

  const tracks = streams.flatMap((stream) => stream.getTracks());
  return {
    audio: tracks.find((track) => track.kind === 'audio') ?? null,
    video: tracks.find((track) => track.kind === 'video') ?? null,
    problems,
    stop: () => tracks.forEach((track) => track.stop()),
  };
}
