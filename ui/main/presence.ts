import type { Person } from '../lib/ipc/bindings';
import { t, when } from '../lib/locales';

/** What stands below a name: presence, or when somebody was last there. */
export function presenceWords(person: Person, now = Date.now()): string {
  if (person.echo) return t('presence.echo');
  if (person.status === 'offline' && person.lastSeen !== null)
    return t('presence.seen', { when: when(person.lastSeen, now) });
  return t(`presence.${person.status}`);
}
