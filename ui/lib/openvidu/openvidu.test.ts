import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureDevices } from './capture';
import { cameraCode } from './codes';
import { DeadlineError, withDeadline } from './deadline';
import { CAPTURE_MS, MICROPHONE_MS } from './defaults';
import { Ledger, sampleOf } from './ledger';
import { qualityOf } from './quality';

describe('deadlines', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('ends a promise that never settles', async () => {
    const waiting = expect(withDeadline(new Promise(() => undefined), 1000, 'joining')).rejects.toBeInstanceOf(
      DeadlineError,
    );
    await vi.advanceTimersByTimeAsync(1000);
    await waiting;
  });

  it('hands on what settles in time', async () => {
    await expect(withDeadline(Promise.resolve(4), 1000, 'joining')).resolves.toBe(4);
    await expect(withDeadline(Promise.reject(new Error('no')), 1000, 'joining')).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('figures', () => {
  const report = (...stats: object[]) =>
    new Map(stats.map((stat, index) => [String(index), stat])) as unknown as RTCStatsReport;

  it('reads what a browser and our own connection report', () => {
    const sample = sampleOf(
      report(
        { type: 'outbound-rtp', kind: 'video', framesEncoded: 30, bytesSent: 1000, headerBytesSent: 100 },
        {
          type: 'inbound-rtp',
          kind: 'video',
          framesDecoded: 28,
          bytesReceived: 500,
          packetsReceived: 9,
          packetsLost: 1,
        },
        {
          type: 'inbound-rtp',
          kind: 'audio',
          bytesReceived: 50,
          totalSamplesReceived: 4800,
          concealedSamples: 480,
          totalSamplesDuration: 0.1,
          totalAudioEnergy: 0.02,
        },
        { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.025 },
      ),
    );
    expect(sample).toMatchObject({
      framesSent: 30,
      bytesSent: 1100,
      framesDecoded: 28,
      bytesReceived: 550,
      packetsLost: 1,
    });
    expect(sample).toMatchObject({ audible: null, rttMs: 25, sound: { genuine: 4320, seconds: 0.1, energy: 0.02 } });
    expect(sampleOf(report({ type: 'inbound-rtp', kind: 'audio', audibleSamplesReceived: 960 })).audible).toBe(960);
  });

  it('only grows when a stream gets a new connection', () => {
    const ledger = new Ledger();
    const [first, second] = [{}, {}];
    ledger.add(first, 'bytesSent', 1000);
    ledger.add(first, 'bytesSent', 1500);
    ledger.add(second, 'bytesSent', 200);
    ledger.add(first, 'bytesSent', 1400);
    expect(ledger.total('bytesSent')).toBe(1700);
  });

  it('says how good it is', () => {
    const before = { at: 0, packetsReceived: 0, packetsLost: 0, rttMs: 20 };
    const later = (lost: number, rttMs: number) => ({ at: 4000, packetsReceived: 100, packetsLost: lost, rttMs });
    expect(qualityOf(before, later(0, 20))).toBe('good');
    expect(qualityOf(before, later(4, 20))).toBe('fair');
    expect(qualityOf(before, later(0, 700))).toBe('poor');
    expect(qualityOf(before, before)).toBe('good');
  });
});

describe('devices', () => {
  const track = (kind: string) => ({ kind, stop: vi.fn() });
  const stream = (...kinds: string[]) => {
    const tracks = kinds.map(track);
    return { getTracks: () => tracks, getAudioTracks: () => tracks.filter(({ kind }) => kind === 'audio') };
  };
  function devices(answer: (constraints: MediaStreamConstraints) => unknown) {
    const getUserMedia = vi.fn(async (constraints: MediaStreamConstraints) => answer(constraints));
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
    return getUserMedia;
  }
  afterEach(() => vi.unstubAllGlobals());

  it('opens camera and microphone at once', async () => {
    const asked = devices(() => stream('audio', 'video'));
    const capture = await captureDevices('video');
    expect(asked).toHaveBeenCalledOnce();
    expect([capture.audio?.kind, capture.video?.kind, capture.problems]).toEqual(['audio', 'video', []]);
    const { width, height, frameRate } = (asked.mock.calls[0]?.[0].video ?? {}) as MediaTrackConstraints;
    expect([width, height, frameRate]).toEqual([{ ideal: 640 }, { ideal: 480 }, { ideal: 30 }]);
    capture.stop();
    expect(capture.video?.stop).toHaveBeenCalledOnce();
  });

  it('opens no camera for a call without pictures', async () => {
    const asked = devices(() => stream('audio'));
    const capture = await captureDevices('audio');
    expect(asked.mock.calls.every(([constraints]) => constraints.video === undefined)).toBe(true);
    expect(capture.video).toBeNull();
  });

  it.each([
    ['NotFoundError', 'camera_absent'],
    ['OverconstrainedError', 'camera_absent'],
    ['NotAllowedError', 'camera_refused'],
    ['SecurityError', 'camera_refused'],
    ['NotReadableError', 'camera_busy'],
    ['AbortError', 'camera_busy'],
  ])('goes on with sound alone after %s', async (name, code) => {
    devices(({ video }) => {
      if (video) throw new DOMException('no', name);
      return stream('audio');
    });
    const capture = await captureDevices('video');
    expect(capture.audio).not.toBeNull();
    expect(capture.problems.map((problem) => problem.code)).toEqual([code]);
  });

  it('waits only so long for a camera that never answers, and gives it back when it comes late', async () => {
    vi.useFakeTimers();
    const late = stream('video');
    let answer: (stream: unknown) => void = () => undefined;
    devices(({ video }) => (video ? new Promise((resolve) => (answer = resolve)) : stream('audio')));
    const captured = captureDevices('video');
    await vi.advanceTimersByTimeAsync(CAPTURE_MS);
    expect((await captured).problems.map(({ code }) => code)).toEqual(['camera_busy']);
    answer(late);
    await vi.advanceTimersByTimeAsync(0);
    expect(late.getTracks()[0]?.stop).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });

  it('ends before the core gives the call up, also when no device ever answers', async () => {
    vi.useFakeTimers();
    devices(() => new Promise(() => undefined));
    const captured = captureDevices('video');
    await vi.advanceTimersByTimeAsync(CAPTURE_MS + MICROPHONE_MS);
    expect((await captured).problems.map(({ code }) => code)).toEqual(['camera_busy', 'microphone_absent']);
    expect(CAPTURE_MS + MICROPHONE_MS).toBeLessThan(30_000);
    vi.useRealTimers();
  });

  it('goes on with the picture alone, or with nothing', async () => {
    devices(({ audio }) => {
      if (audio) throw new DOMException('no', 'NotFoundError');
      return stream('video');
    });
    expect((await captureDevices('video')).problems.map(({ code }) => code)).toEqual(['microphone_absent']);
    vi.stubGlobal('navigator', {});
    const capture = await captureDevices('video');
    expect(capture.problems.map(({ code }) => code)).toEqual(['camera_absent', 'microphone_absent']);
    expect(cameraCode('what')).toBe('camera_absent');
  });
});
