import type { Subscriber } from 'openvidu-browser';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Ledger } from './ledger';
import { Remote } from './remote';

/** A remote stream whose connection reports `sound` of its voice. */
function remote(sound: () => Record<string, number>) {
  const connection = {
    signalingState: 'stable',
    getStats: async () => new Map([['A', { type: 'inbound-rtp', kind: 'audio', ...sound() }]]),
  };
  const voice = { id: 'voice', kind: 'audio' };
  const stream = {
    hasAudio: true,
    hasVideo: false,
    audioActive: true,
    getRTCPeerConnection: () => connection,
    getMediaStream: () => ({ getAudioTracks: () => [voice] }),
  };
  return new Remote({ stream } as unknown as Subscriber);
}

/** `seconds` of sound at one level, as a browser adds it up. */
function play(sound: { samples: number; seconds: number; energy: number }, seconds: number, level: number): void {
  sound.samples += seconds * 48_000;
  sound.seconds += seconds;
  sound.energy += seconds * level ** 2;
}

const browser = (sound: { samples: number; seconds: number; energy: number }) => () => ({
  totalSamplesReceived: sound.samples,
  totalSamplesDuration: sound.seconds,
  totalAudioEnergy: sound.energy,
});

afterEach(() => vi.unstubAllGlobals());

describe('what was heard of a stream', () => {
  it('is the loud part of what was decoded, without an AudioContext', async () => {
    const context = vi.fn();
    vi.stubGlobal('AudioContext', context);
    const sound = { samples: 0, seconds: 0, energy: 0 };
    const [stream, ledger] = [remote(browser(sound)), new Ledger()];
    const heard = async () => {
      await stream.measure(ledger);
      return ledger.total('audible');
    };
    expect(await heard()).toBe(0);
    // Comfort noise.
    play(sound, 1, 0.002);
    expect(await heard()).toBe(0);
    play(sound, 1, 0.2);
    expect(await heard()).toBe(48_000);
    play(sound, 1, 0.002);
    expect(await heard()).toBe(48_000);
    // A word of a tenth of a second in an otherwise silent second.
    play(sound, 0.9, 0);
    play(sound, 0.1, 0.2);
    expect(await heard()).toBe(96_000);
    expect(context).not.toHaveBeenCalled();
  });

  it('is not what was made up for lost packets', async () => {
    const [stream, ledger] = [
      remote(() => ({
        totalSamplesReceived: 48_000,
        concealedSamples: 48_000,
        totalSamplesDuration: 1,
        totalAudioEnergy: 0.04,
      })),
      new Ledger(),
    ];
    await stream.measure(ledger);
    expect(ledger.total('audible')).toBe(0);
  });

  it('is what our own connection says, from the first look on', async () => {
    let audible = 0;
    const [stream, ledger] = [
      remote(() => ({ totalSamplesReceived: 960, audibleSamplesReceived: audible })),
      new Ledger(),
    ];
    await stream.measure(ledger);
    expect(ledger.total('audible')).toBe(0);
    audible = 480;
    await stream.measure(ledger);
    expect(ledger.total('audible')).toBe(480);
  });
});
