import type { CameraStart } from './camera-worker';
import { TAP_RATE } from '../audio/tap';
import { voiceOf, voiceSamples } from './voices';

/** What stands in for camera and microphone. */
export interface FakeTracks {
  audio: MediaStreamTrack;
  /** Absent where only sound was asked for. */
  video: MediaStreamTrack | null;
  stop(): void;
}

declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  constructor(init: { kind: 'video' });
  readonly writable: WritableStream<VideoFrame>;
}

/** The picture of a test camera that shows `login`'s mark, drawn in a worker so that a hidden page goes on sending. */
async function camera(login: string): Promise<{ track: MediaStreamTrack; stop: () => void }> {
  const worker = new Worker(new URL('./camera-worker.ts', import.meta.url), { type: 'module' });
  const stop = (track: MediaStreamTrack) => () => {
    track.stop();
    worker.terminate();
  };
  if ('MediaStreamTrackGenerator' in globalThis) {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const { writable } = track;
    worker.postMessage({ login, writable } satisfies CameraStart, [writable]);
    return { track, stop: stop(track) };
  }
  const made = new Promise<MediaStreamTrack>((resolve, reject) => {
    worker.addEventListener('message', (event: MessageEvent<MediaStreamTrack>) => resolve(event.data), { once: true });
    worker.addEventListener('error', (event) => reject(new Error(event.message)), { once: true });
  });
  worker.postMessage({ login } satisfies CameraStart);
  const track = await made;
  return { track, stop: stop(track) };
}

/** The voice that speaks for `login`, over and over. */
async function voice(login: string): Promise<{ track: MediaStreamTrack; stop: () => void }> {
  const context = new AudioContext({ sampleRate: 48_000 });
  const samples = voiceSamples(voiceOf(login));
  const buffer = context.createBuffer(1, samples.length, TAP_RATE);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer, loop: true });
  const sink = context.createMediaStreamDestination();
  source.connect(sink);
  source.start();
  await context.resume();
  const [track] = sink.stream.getAudioTracks();
  if (!track) throw new Error('a destination node has no track');
  return {
    track,
    stop: () => {
      // Closing one that is closed already is refused.
      if (context.state !== 'closed') void context.close();
    },
  };
}

/** Test camera and voice of `login`. */
export async function fakeCapture(login: string, want: { video: boolean }): Promise<FakeTracks> {
  const sound = await voice(login);
  const picture = want.video ? await camera(login) : null;
  return {
    audio: sound.track,
    video: picture?.track ?? null,
    stop: () => {
      sound.stop();
      picture?.stop();
    },
  };
}
