import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asked, library, startSession as start, track } from '../testing/openvidu';
import { BLOCKED_MS, LEAVE_MS, REPUBLISH_MS } from './defaults';

vi.mock('openvidu-browser', () => import('../testing/openvidu'));

const tracks = [track('audio'), track('video')];
const stopped = () => tracks.map(({ stop }) => stop.mock.calls.length);
const capture = {
  getTracks: () => tracks,
  getAudioTracks: () => tracks.filter(({ kind }) => kind === 'audio'),
};

beforeEach(() => {
  vi.useFakeTimers();
  library.reset();
  for (const { stop } of tracks) stop.mockClear();
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: async () => capture } });
  vi.stubGlobal('RTCPeerConnection', vi.fn());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const stream = (streamId: string) => ({ stream: { streamId } });

describe('a stream of somebody else', () => {
  it('is forgotten when it is taken back while it is subscribed to', async () => {
    let answer: () => void = () => undefined;
    library.subscribe = () => new Promise<void>((resolve) => (answer = resolve));
    const { session, events, reports, started } = start({ publish: false });
    await started;
    library.tell('streamCreated', stream('s1'));
    library.tell('streamDestroyed', { ...stream('s1'), reason: 'unpublish' });
    answer();
    await vi.advanceTimersByTimeAsync(REPUBLISH_MS);
    expect(events.at(-1)).toEqual({ kind: 'remoteLeft' });
    await vi.advanceTimersByTimeAsync(BLOCKED_MS * 2);
    expect(events.at(-1)).toEqual({ kind: 'remoteLeft' });
    expect(reports.at(-1)).toMatchObject({ subscribed: 0 });
    await session.leave();
  });

  it('is no blocked network when it goes before the library gives up on it', async () => {
    let give: (reason: Error) => void = () => undefined;
    library.subscribe = () => new Promise<void>((_, reject) => (give = reject));
    const { session, events, started } = start({ publish: false });
    await started;
    library.tell('streamCreated', stream('s1'));
    library.tell('streamDestroyed', { ...stream('s1'), reason: 'disconnect' });
    give(new Error('no such stream'));
    await vi.advanceTimersByTimeAsync(0);
    expect(events.some(({ kind }) => kind === 'failed')).toBe(false);
    await session.leave();
  });

  it('is seen to be muted and without a picture as soon as its owner says so', async () => {
    const { session, states, started } = start({ publish: false });
    await started;
    library.tell('streamCreated', stream('s1'));
    await vi.advanceTimersByTimeAsync(1000);
    const [remote] = library.subscribers;
    if (!remote) throw new Error('nothing was subscribed to');
    expect(states.at(-1) ?? { muted: false, off: false }).toMatchObject({ muted: false, off: false });
    remote.stream.audioActive = false;
    library.tell('streamPropertyChanged');
    expect(states.at(-1)).toMatchObject({ muted: true, off: false });
    remote.stream.videoActive = false;
    library.tell('streamPropertyChanged');
    expect(states.at(-1)).toMatchObject({ muted: true, off: true });
    await session.leave();
  });
});

describe('the end of a session', () => {
  it('gives the devices back first, and waits for no statistics that never come', async () => {
    const { session, reports, started } = start();
    await started;
    library.connection = { signalingState: 'stable', getStats: () => new Promise(() => undefined) };
    const leaving = session.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped()).toEqual([1, 1]);
    expect(asked('disconnect')).toEqual([]);
    await vi.advanceTimersByTimeAsync(LEAVE_MS);
    await leaving;
    expect(asked('disconnect')).toHaveLength(1);
    const told = reports.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reports).toHaveLength(told);
  });

  it('joins nothing any more while the library is still loading', async () => {
    const { session, started } = start();
    void session.leave();
    await started;
    await vi.advanceTimersByTimeAsync(LEAVE_MS);
    expect(asked('connect')).toEqual([]);
    expect(asked('publish')).toEqual([]);
    expect(stopped()).toEqual([1, 1]);
  });

  it('leaves a session that it was still joining', async () => {
    let join: () => void = () => undefined;
    library.connect = () => new Promise<void>((resolve) => (join = resolve));
    const { session, started } = start();
    await vi.waitFor(() => expect(asked('connect')).toHaveLength(1));
    await session.leave();
    // The library does not leave what it has not joined yet.
    library.log.length = 0;
    join();
    await started;
    expect(asked('disconnect')).toHaveLength(1);
    expect(asked('publish')).toEqual([]);
  });

  it('leaves at once where the page is going away, also while the last figures are waited for', async () => {
    const { session, started } = start();
    await started;
    library.connection = { signalingState: 'stable', getStats: () => new Promise(() => undefined) };
    void session.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked('disconnect')).toEqual([]);
    void session.leave(true);
    expect(asked('disconnect')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(LEAVE_MS);
    expect(asked('disconnect')).toHaveLength(1);
  });

  it('leaves at once where the page is going away', async () => {
    const { session, started } = start();
    await started;
    void session.leave(true);
    expect(asked('disconnect')).toHaveLength(1);
    await session.leave();
    expect(asked('disconnect')).toHaveLength(1);
  });

  it('gives devices back that open only after it', async () => {
    let open: (stream: typeof capture) => void = () => undefined;
    const getUserMedia = () => new Promise<typeof capture>((resolve) => (open = resolve));
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
    const { session, started } = start();
    await vi.advanceTimersByTimeAsync(0);
    await session.leave();
    open(capture);
    await started;
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped()).toEqual([1, 1]);
    expect(asked('publish')).toEqual([]);
  });
});
