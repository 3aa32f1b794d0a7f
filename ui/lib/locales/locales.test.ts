import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from './en';
import { errors, remedies } from './errors';
import { duration, languageOf, plural, sentence, t, when } from './index';
import { ru } from './ru';

const root = join(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist', 'locales'].includes(entry.name) ? [] : sources(path);
    return /\.(svelte|ts)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [readFileSync(path, 'utf8')] : [];
  });
}

/** `{names}` of a sentence. */
const holes = (words: string) => [...words.matchAll(/\{\w+\}/g)].map(([hole]) => hole).toSorted();

describe('words', () => {
  it('has the same keys and the same holes in every language', () => {
    expect(Object.keys(ru).toSorted()).toEqual(Object.keys(en).toSorted());
    for (const [key, words] of Object.entries(en)) expect(holes(ru[key as keyof typeof ru]), key).toEqual(holes(words));
    for (const code of Object.keys(errors.en) as (keyof typeof errors.en)[])
      expect(holes(errors.ru[code]), code).toEqual(holes(errors.en[code]));
  });

  it('uses every key', () => {
    const text = [...sources(root), readFileSync(join(root, 'lib/locales/index.ts'), 'utf8')].join('\n');
    const unused = Object.keys(en).filter((key) => {
      if (text.includes(`'${key}'`)) return false;
      // A key that is put together: `presence.${status}`; plural forms are asked for without the form.
      const parts = key.split('.');
      const base = parts.slice(0, -1).join('.');
      return !text.includes(`\`${base}.\${`) && !text.includes(`plural('${base}'`);
    });
    expect(unused).toEqual([]);
  });

  it('shouts nowhere', () => {
    for (const words of [
      ...Object.values(en),
      ...Object.values(ru),
      ...Object.values(errors.en),
      ...Object.values(errors.ru),
    ])
      expect(words).not.toMatch(/!|\s$|^\s/);
  });

  it('says every error in one sentence that ends', () => {
    for (const table of [errors.en, errors.ru])
      for (const [code, words] of Object.entries(table)) expect(words, code).toMatch(/^[^.]*(\.\S[^.]*)*\.$/);
    expect(Object.keys(remedies).every((code) => code in errors.en)).toBe(true);
  });

  it('says what to do now, or what happens by itself', () => {
    // Here nothing is left to be done.
    const done = ['declined', 'cancelled', 'answered_elsewhere', 'not_now', 'no_tray'];
    for (const table of [errors.en, errors.ru])
      for (const [code, words] of Object.entries(table))
        if (!done.includes(code)) expect(words, code).toMatch(/[;,] \S/);
  });

  it('names what an error happened to, and something where nothing is named', () => {
    expect(sentence('busy', 'Man')).toBe('Man is in another call; try again later.');
    expect(sentence('secret_refused', '')).toBe('The server refused the secret; enter it again.');
    expect(t('ring.accept')).toBe('Accept');
    expect(plural('main.missed', 1)).toBe('1 missed call');
    expect(plural('main.missed', 5)).toBe('5 missed calls');
  });

  it('speaks Russian to those who prefer it', () => {
    expect(languageOf(['ru-RU', 'en'])).toBe('ru');
    expect(languageOf(['en-GB', 'ru'])).toBe('en');
    expect(languageOf(['de-DE'])).toBe('en');
    expect(languageOf([])).toBe('en');
  });

  it('tells times as people do', () => {
    const now = new Date(2026, 10, 23, 12, 0).getTime();
    expect(when(new Date(2026, 10, 23, 9, 5).getTime(), now)).toBe('today 09:05');
    expect(when(new Date(2026, 10, 22, 23, 40).getTime(), now)).toBe('yesterday 23:40');
    expect(when(new Date(2026, 10, 21, 23, 40).getTime(), now)).toMatch(/Nov.* 23:40|21.* 23:40/);
    expect(when(new Date(2026, 10, 23, 0, 15).getTime(), now)).toBe('today 00:15');
    expect(duration(252_000)).toBe('4:12');
    expect(duration(3_753_000)).toBe('1:02:33');
    expect(duration(-5)).toBe('0:00');
  });
});
