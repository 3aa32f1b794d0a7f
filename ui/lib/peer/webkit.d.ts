/** What WebKitGTK's workers have and TypeScript's DOM library does not know. */

interface MediaStreamTrackProcessorInit {
  track: MediaStreamTrack;
  maxBufferSize?: number;
}

declare class MediaStreamTrackProcessor {
  constructor(init: MediaStreamTrackProcessorInit);
  readonly readable: ReadableStream<VideoFrame>;
}

declare class VideoTrackGenerator {
  constructor();
  readonly writable: WritableStream<VideoFrame>;
  readonly track: MediaStreamTrack;
  muted: boolean;
}
