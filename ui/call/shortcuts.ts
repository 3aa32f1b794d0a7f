/** A device that a key turns off and on. */
export type Switched = 'microphone' | 'camera';

/** The key of each device with Ctrl, by its place on the keyboard: it is the same one in every layout. */
const KEYS: Record<string, Switched> = { KeyD: 'microphone', KeyE: 'camera' };

/** As `aria-keyshortcuts` and tooltips name them. */
export const SHORTCUTS: Record<Switched, string> = { microphone: 'Control+D', camera: 'Control+E' };

/** The device that a key press is about; null for any other, and for one that repeats because it is held. */
export function shortcutOf(event: KeyboardEvent): Switched | null {
  if (!event.ctrlKey || event.altKey || event.shiftKey || event.metaKey || event.repeat) return null;
  return KEYS[event.code] ?? null;
}
