import { vi } from 'vitest';
import type { MediaEvent, MediaReport, MediaTicket } from '../ipc/bindings';
import { MediaSession } from '../openvidu';
import type { MediaState } from '../openvidu';

type Handler = (event: never) => void;

/** A stream as the library describes it; tests change its flags. */
export function streamOf() {
  return {
    hasAudio: true,
    hasVideo: true,
    audioActive: true,
    videoActive: true,
    getRTCPeerConnection: () => library.connection,
    getMediaStream: () => null,
  };
}

/** Stands in for openvidu-browser: what our side asks of it, and what it says. */
export const library = {
  handlers: new Map<string, Handler>(),
  log: [] as unknown[][],
  connect: async (): Promise<unknown> => undefined,
  publish: async (): Promise<unknown> => undefined,
  subscribe: async (): Promise<unknown> => undefined,
  iceServers: undefined as unknown[] | undefined,
  /** Behind every stream. */
  connection: undefined as { signalingState: string; getStats: () => Promise<unknown> } | undefined,
  /** What was subscribed to: the handlers put on it, and its stream. */
  subscribers: [] as { handlers: Map<string, Handler>; stream: ReturnType<typeof streamOf> }[],

  /** As at the beginning: everything works at once. */
  reset(): void {
    library.handlers.clear();
    library.log.length = 0;
    library.subscribers.length = 0;
    library.connect = async () => undefined;
    library.publish = async () => undefined;
    library.subscribe = async () => undefined;
    library.iceServers = undefined;
    library.connection = undefined;
  },

  /** The library tells our side of something. */
  tell(event: string, details: object = {}): void {
    library.handlers.get(event)?.(details as never);
  },
};

const session = {
  connection: { connectionId: 'own' },
  remoteConnections: new Map(),
  on: (name: string, handler: Handler) => library.handlers.set(name, handler),
  connect: (...args: unknown[]) => {
    library.log.push(['connect', ...args]);
    return library.connect();
  },
  publish: () => {
    library.log.push(['publish']);
    return library.publish();
  },
  subscribeAsync: async () => {
    library.log.push(['subscribe']);
    await library.subscribe();
    const handlers = new Map<string, Handler>();
    const stream = streamOf();
    library.subscribers.push({ handlers, stream });
    return { stream, on: (name: string, handler: Handler) => handlers.set(name, handler) };
  },
  disconnect: () => library.log.push(['disconnect']),
};

/** The library's class; a test puts this module in its place with `vi.mock`. */
export class OpenVidu {
  iceServers = library.iceServers;
  enableProdMode() {
    library.log.push(['enableProdMode']);
  }
  initSession() {
    return session;
  }
  setAdvancedConfiguration(configuration: unknown) {
    library.log.push(['configure', configuration]);
  }
  async initPublisherAsync(_target: unknown, properties: unknown) {
    library.log.push(['initPublisher', properties]);
    return {
      stream: streamOf(),
      on: () => undefined,
      publishAudio: (on: boolean) => library.log.push(['publishAudio', on]),
      publishVideo: (on: boolean) => library.log.push(['publishVideo', on]),
    };
  }
}

/** What was asked of the library under `name`, in order. */
export const asked = (name: string) => library.log.filter(([what]) => what === name);

export const ticket: MediaTicket = {
  url: 'ws://127.0.0.1:1?sessionId=handle&token=-',
  login: 'woman',
  name: 'Woman',
  publish: true,
  media: 'video',
  subscribe: true,
  fakeMedia: false,
};

/** A track of a device. */
export function track(kind: string) {
  return { kind, stop: vi.fn(), addEventListener: vi.fn(), contentHint: '' };
}

/** A session on the library's stand-in, already starting, and everything it tells. */
export function startSession(parts: Partial<MediaTicket> = {}) {
  const events: MediaEvent[] = [];
  const reports: MediaReport[] = [];
  const states: MediaState[] = [];
  const own = new MediaSession(
    { ...ticket, ...parts },
    {
      stage: document.createElement('div'),
      own: document.createElement('div'),
      words: { stage: 'Picture of Man', own: 'Your own picture' },
      candidates: ['man', 'woman'],
      openPeerSocket: async () => '',
      onevent: (event) => events.push(event),
      onreport: (report) => reports.push(report),
      onstate: (state) => states.push(state),
    },
  );
  return { session: own, events, reports, states, started: own.start() };
}
