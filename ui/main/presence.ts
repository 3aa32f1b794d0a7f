import type { Person } from '../lib/ipc/bindings';
import { t, when } from '../lib/locales';

/** What stands below a name: presence, or when somebody was last there; nothing while the server cannot say. */
export function presenceWords(person: Person, online: boolean, now = Date.now()): string {
  if (!online) return '';
  if (person.echo) return t('presence.echo');
  if (person.status === 'offline' && person.lastSeen !== null)
    return t('presence.seen', { when: when(person.lastSeen, now) });
  return t(`presence.${person.status}`);
}
