import { openWindow } from '../lib/open';
import type { SessionMaker } from '../lib/state/call.svelte';
import Call from './Call.svelte';

// Loaded when a call needs it: the window paints before.
const realSession: SessionMaker = async (ticket, around) => {
  const { MediaSession } = await import('../lib/openvidu');
  return new MediaSession(ticket, around);
};

const stillSession: SessionMaker = async (ticket, around) =>
  (await import('../lib/openvidu/fake')).fakeSession(ticket, around);

void openWindow(Call, { session: import.meta.env.MODE === 'production' ? realSession : stillSession });
