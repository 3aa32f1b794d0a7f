/**
 * What a page does to a track that a sender uses: `enabled` and `stop` have no events, and the worker encodes a clone
 * that would not notice. So both are watched on the prototype, from the moment the peer connection is installed.
 */

export interface TrackWatcher {
  enabled(enabled: boolean): void;
  stopped(): void;
}

const watchers = new WeakMap<MediaStreamTrack, Set<TrackWatcher>>();

export function watch(track: MediaStreamTrack, watcher: TrackWatcher): () => void {
  const all = watchers.get(track) ?? new Set();
  all.add(watcher);
  watchers.set(track, all);
  return () => all.delete(watcher);
}

/** Patches `prototype`, usually `MediaStreamTrack.prototype`, once. */
export function installTrackWatching(prototype: MediaStreamTrack): void {
  const enabled = Object.getOwnPropertyDescriptor(prototype, 'enabled');
  const { stop } = prototype;
  if (enabled?.get === undefined || enabled.set === undefined) return;
  const { get, set } = enabled;
  Object.defineProperty(prototype, 'enabled', {
    ...enabled,
    get,
    set(this: MediaStreamTrack, value: boolean) {
      set.call(this, value);
      const now = get.call(this) as boolean;
      watchers.get(this)?.forEach((watcher) => watcher.enabled(now));
    },
  });
  Object.defineProperty(prototype, 'stop', {
    configurable: true,
    enumerable: true,
    writable: true,
    value(this: MediaStreamTrack) {
      stop.call(this);
      watchers.get(this)?.forEach((watcher) => watcher.stopped());
    },
  });
}
