import type { ErrorCode } from '../ipc/bindings';
import { en, type Key } from './en';
import { errors, remedyWords, type Remedy } from './errors';
import { ru } from './ru';

export type { Key } from './en';

/** Languages there are words for. */
export type Language = 'en' | 'ru';

type Values = Record<string, string | number>;

const dictionaries: Record<Language, Record<Key, string>> = { en, ru };

/** The person's language if there are words for it, else English. */
export function languageOf(preferred: readonly string[]): Language {
  return /^ru\b/i.test(preferred[0] ?? '') ? 'ru' : 'en';
}

/** The language of this window; it does not change while the window is open. */
export const language: Language = languageOf(navigator.languages);

function fill(words: string, values: Values): string {
  return words.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The words for `key`. */
export function t(key: Key, values: Values = {}): string {
  return fill(dictionaries[language][key], values);
}

/** A key with plural forms, without the form. */
export type PluralKey = Key extends infer K ? (K extends `${infer Base}.few` ? Base : never) : never;

const plurals = new Intl.PluralRules(language);

/** The words for `count` of something. */
export function plural(key: PluralKey, count: number): string {
  const rule = plurals.select(count);
  const form = rule === 'one' || rule === 'few' || rule === 'many' ? rule : 'other';
  return t(`${key}.${form}`, { count });
}

/** The sentence for an error. */
export function sentence(code: ErrorCode, subject: string): string {
  if (subject) return fill(errors[language][code], { subject });
  const filled = fill(errors[language][code], { subject: t('error.server') });
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

/** The word on the button that remedies an error. */
export function remedyWord(remedy: Remedy | 'none'): string {
  return remedyWords[language][remedy];
}

/** As the person's own region writes dates, if it speaks the language of the words. */
const region = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
// Not `hour12: false`: in American English that writes a quarter past midnight as 24:15.
const clock = new Intl.DateTimeFormat(region, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(region, { day: 'numeric', month: 'short' });

/** A past moment as a person says it: today and yesterday with the time, else the date. */
export function when(at: number, now: number): string {
  const time = clock.format(at);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (at >= midnight) return t('when.today', { time });
  // Noon of the day before is on the day before even when clocks change that night.
  const yesterday = new Date(midnight - 12 * 3_600_000).setHours(0, 0, 0, 0);
  if (at >= yesterday) return t('when.yesterday', { time });
  return `${day.format(at)} ${time}`;
}

/** A duration in ms as `4:05` or `1:02:33`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
