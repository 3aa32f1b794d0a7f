import { expect, test } from 'vitest';
import { installTrackWatching, watch } from './tracks';

class Track {
  #enabled = true;
  stops = 0;
  get enabled(): boolean {
    return this.#enabled;
  }
  set enabled(value: boolean) {
    this.#enabled = Boolean(value);
  }
  stop(): void {
    this.stops += 1;
  }
}

installTrackWatching(Track.prototype as unknown as MediaStreamTrack);

test('muting and stopping are noticed, and still done', () => {
  const track = new Track();
  const heard: string[] = [];
  const unwatch = watch(track as unknown as MediaStreamTrack, {
    enabled: (enabled) => heard.push(`enabled ${enabled}`),
    stopped: () => heard.push('stopped'),
  });
  track.enabled = false;
  track.stop();
  expect(heard).toEqual(['enabled false', 'stopped']);
  expect([track.enabled, track.stops]).toEqual([false, 1]);
  unwatch();
  track.enabled = true;
  expect(heard.length).toBe(2);
  expect(track.enabled).toBe(true);
});
