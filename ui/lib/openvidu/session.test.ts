import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asked, library, startSession as start, ticket, track } from '../testing/openvidu';
import { joinCode } from './codes';
import { CONNECT_MS, NEGOTIATE_MS, REPUBLISH_MS } from './defaults';

vi.mock('openvidu-browser', () => import('../testing/openvidu'));

let getUserMedia: ReturnType<typeof vi.fn>;

beforeEach(() => {
  vi.useFakeTimers();
  library.reset();
  const tracks = [track('audio'), track('video')];
  getUserMedia = vi.fn(async () => ({
    getTracks: () => tracks,
    getAudioTracks: () => tracks.filter(({ kind }) => kind === 'audio'),
  }));
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
  vi.stubGlobal('RTCPeerConnection', vi.fn());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a session', () => {
  it('joins with the ticket and publishes what the issue asks for', async () => {
    const { session, events, started } = start();
    await started;
    expect(asked('enableProdMode')).toHaveLength(1);
    expect(asked('connect')).toEqual([['connect', ticket.url, { clientData: 'woman' }]]);
    expect(asked('initPublisher')[0]?.[1]).toMatchObject({
      resolution: '640x480',
      frameRate: 30,
      mirror: false,
      publishAudio: true,
      publishVideo: true,
    });
    expect(asked('publish')).toHaveLength(1);
    expect(events).toEqual([{ kind: 'joined' }]);
    await session.leave();
  });

  it('asks no public STUN server where the answer names none, and leaves named ones alone', async () => {
    const alone = start();
    await alone.started;
    expect(asked('configure')[0]).toEqual(['configure', { rtcConfiguration: { iceServers: [] } }]);
    const order = library.log.map(([what]) => what);
    expect(order.indexOf('configure')).toBeLessThan(order.indexOf('publish'));
    await alone.session.leave();
    library.log.length = 0;
    library.iceServers = [{ urls: ['turn:10.0.0.1'] }];
    const named = start();
    await named.started;
    expect(asked('configure')).toEqual([]);
    await named.session.leave();
  });

  it('asks none either for a stream that is there before the join is through', async () => {
    library.connect = async () => {
      library.handlers.get('streamCreated')?.({ stream: { streamId: 's1' } } as never);
    };
    const { session, started } = start({ publish: false });
    await started;
    const order = library.log.map(([what]) => what);
    expect(order.indexOf('configure')).toBeLessThan(order.indexOf('subscribe'));
    await session.leave();
  });

  it('opens no device and publishes nothing where it only sees', async () => {
    const { session, started } = start({ publish: false });
    await started;
    expect(getUserMedia).not.toHaveBeenCalled();
    expect(asked('initPublisher')).toEqual([]);
    await session.leave();
  });

  it('publishes sound alone in a call without pictures', async () => {
    const { session, started } = start({ media: 'audio' });
    await started;
    expect(getUserMedia.mock.calls.every(([constraints]) => constraints.video === undefined)).toBe(true);
    await session.leave();
  });

  it('goes on with sound alone when the camera is taken', async () => {
    const microphone = track('audio');
    getUserMedia.mockImplementation(async ({ video }: MediaStreamConstraints) => {
      if (video) throw new DOMException('taken', 'NotReadableError');
      return { getTracks: () => [microphone], getAudioTracks: () => [microphone] };
    });
    const { session, events, started } = start();
    await started;
    expect(events).toEqual([{ kind: 'failed', code: 'camera_busy', detail: expect.any(String) }, { kind: 'joined' }]);
    expect(asked('initPublisher')[0]?.[1]).toMatchObject({ videoSource: false });
    await session.leave();
    expect(microphone.stop).toHaveBeenCalledOnce();
  });

  it('only receives when there is no device at all', async () => {
    getUserMedia.mockRejectedValue(new DOMException('none', 'NotFoundError'));
    const { session, events, started } = start();
    await started;
    expect(events.map((event) => (event.kind === 'failed' ? event.code : event.kind))).toEqual([
      'camera_absent',
      'microphone_absent',
      'joined',
    ]);
    expect(asked('publish')).toEqual([]);
    await session.leave();
  });

  it('says that a camera was taken away, and goes on without it', async () => {
    const { session, events, started } = start();
    await started;
    const stream = (await getUserMedia.mock.results[0]?.value) as { getTracks(): ReturnType<typeof track>[] };
    const tracks = stream.getTracks();
    const camera = tracks.find(({ kind }) => kind === 'video');
    const [, unplugged] = camera?.addEventListener.mock.calls.find(([name]) => name === 'ended') ?? [];
    unplugged();
    expect(events.at(-1)).toMatchObject({ kind: 'failed', code: 'camera_absent' });
    expect(asked('publishVideo').at(-1)).toEqual(['publishVideo', false]);
    await session.leave();
  });

  it('gives up joining when the library never answers', async () => {
    library.connect = () => new Promise(() => undefined);
    const { events, started } = start();
    await vi.advanceTimersByTimeAsync(CONNECT_MS);
    await started;
    expect(events.map((event) => event.kind)).toEqual(['failed', 'disconnected']);
    expect(events[0]).toMatchObject({ code: 'server_unreachable' });
  });

  it('says that a token was refused', async () => {
    library.connect = () => Promise.reject(new Error('Token not valid'));
    const { events, started } = start();
    await started;
    expect(events[0]).toMatchObject({ kind: 'failed', code: 'token_refused' });
  });

  it('tells an answer that is none from a token that is refused', async () => {
    library.connect = () => Promise.reject({ code: 999, message: 'malformed answer to joinRoom' });
    const { events, started } = start();
    await started;
    expect(events[0]).toMatchObject({ kind: 'failed', code: 'malformed' });
    expect(joinCode({ code: 401, message: 'not valid' })).toBe('token_refused');
    expect(joinCode('anything')).toBe('token_refused');
  });

  it('says once that something cannot be processed here, and that a connection is being made anew', async () => {
    const { session, events, started } = start({ publish: false });
    await started;
    for (const message of ['media line 0: first', 'media line 0: second'])
      dispatchEvent(new ErrorEvent('mediatrouble', { message }));
    dispatchEvent(new ErrorEvent('connectionlost', { message: 'the core is gone' }));
    expect(events.slice(1)).toEqual([
      { kind: 'failed', code: 'media_trouble', detail: 'media line 0: first' },
      { kind: 'reconnecting' },
    ]);
    await session.leave();
    dispatchEvent(new ErrorEvent('connectionlost', { message: 'after the end' }));
    expect(events).toHaveLength(3);
  });

  it('gives up publishing when the library never answers, and stays', async () => {
    library.publish = () => new Promise(() => undefined);
    const { session, events, started } = start();
    await vi.advanceTimersByTimeAsync(NEGOTIATE_MS);
    await started;
    expect(events.at(-1)).toMatchObject({ kind: 'failed', code: 'media_blocked' });
    expect(asked('disconnect')).toEqual([]);
    await session.leave();
    expect(asked('disconnect')).toHaveLength(1);
  });

  it('subscribes to what others publish, and waits a while for a stream that was taken back', async () => {
    const { session, events, started } = start({ publish: false });
    await started;
    library.handlers.get('streamCreated')?.({ stream: { streamId: 's1' } } as never);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked('subscribe')).toHaveLength(1);
    library.handlers.get('streamDestroyed')?.({ stream: { streamId: 's1' }, reason: 'unpublish' } as never);
    await vi.advanceTimersByTimeAsync(REPUBLISH_MS - 1);
    expect(events).toEqual([{ kind: 'joined' }, { kind: 'remoteStream' }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(events.at(-1)).toEqual({ kind: 'remoteLeft' });
    await session.leave();
  });

  it('tells who else is in the session, and not that it is there itself', async () => {
    const { session, events, started } = start({ publish: false });
    await started;
    library.handlers.get('connectionCreated')?.({ connection: { connectionId: 'own' } } as never);
    library.handlers.get('connectionCreated')?.({ connection: { connectionId: 'other' } } as never);
    expect(events).toEqual([{ kind: 'joined' }, { kind: 'remoteJoined' }]);
    await session.leave();
  });

  it('does not subscribe where nobody else is to be seen', async () => {
    const { session, started } = start({ subscribe: false });
    await started;
    library.handlers.get('streamCreated')?.({ stream: { streamId: 's1' } } as never);
    expect(asked('subscribe')).toEqual([]);
    await session.leave();
  });

  it('tells of interruptions and of the end', async () => {
    const { session, events, started } = start({ publish: false });
    await started;
    library.handlers.get('reconnecting')?.(undefined as never);
    library.handlers.get('reconnected')?.(undefined as never);
    library.handlers.get('exception')?.({ name: 'ICE_CONNECTION_FAILED', message: '' } as never);
    library.handlers.get('sessionDisconnected')?.({ reason: 'networkDisconnect' } as never);
    expect(events.slice(1)).toEqual([
      { kind: 'reconnecting' },
      { kind: 'reconnected' },
      { kind: 'reconnecting' },
      { kind: 'disconnected', reason: 'networkDisconnect' },
    ]);
    await session.leave();
  });

  it('reports once a second, and once at the end', async () => {
    const { session, reports, started } = start({ publish: false });
    await started;
    await vi.advanceTimersByTimeAsync(3050);
    const before = reports.length;
    expect(before).toBeGreaterThanOrEqual(3);
    expect(before).toBeLessThanOrEqual(5);
    await session.leave();
    expect(reports).toHaveLength(before + 1);
    expect(reports.at(-1)).toMatchObject({ publishing: false, subscribed: 0, recognised: null });
    await vi.advanceTimersByTimeAsync(5000);
    expect(reports).toHaveLength(before + 1);
  });
});
