/** Backgrounds that white letters stand on with a contrast of at least 4.5:1. */
const COLOURS = ['#55659c', '#8a5844', '#3a7770', '#7660a5', '#94622b', '#8f4b6b', '#4d7444', '#3c6f92'] as const;

/** A steady colour for a login. */
export function avatarColour(login: string): string {
  // FNV-1a; its middle bits differ even between short logins.
  let hash = 0x811c9dc5;
  for (const character of login) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return COLOURS[(hash >>> 8) % COLOURS.length] ?? COLOURS[0];
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.split(/[\s,._-]+/).filter((word) => word !== '');
  const letters = words.slice(0, 2).map((word) => Array.from(word)[0] ?? '');
  return letters.join('').toLocaleUpperCase() || '?';
}
