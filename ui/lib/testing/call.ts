import { render, screen } from '@testing-library/svelte';
import Call from '../../call/Call.svelte';
import type { MediaEvent, MediaTicket } from '../ipc/bindings';
import type { FakeBackend } from '../ipc/fake';
import type { MediaState, Surroundings } from '../openvidu';
import type { CallSession } from '../state/call.svelte';

/** Everything is seen and heard. */
export const seen: MediaState = {
  picture: true,
  streams: true,
  off: false,
  muted: false,
  own: true,
  silent: false,
  quality: 'good',
};

/** A session that notes what it is told. */
export class NotedSession implements CallSession {
  readonly asked: unknown[][] = [];
  ticket: MediaTicket | null = null;
  around: Surroundings | null = null;

  make = async (ticket: MediaTicket, around: Surroundings): Promise<CallSession> => {
    this.ticket = ticket;
    this.around = around;
    return this;
  };
  event(event: MediaEvent): void {
    this.around?.onevent(event);
  }
  async start() {
    this.asked.push(['start']);
  }
  setMicrophone(on: boolean) {
    this.asked.push(['microphone', on]);
  }
  setCamera(on: boolean) {
    this.asked.push(['camera', on]);
  }
  async sound() {
    this.asked.push(['sound']);
  }
  async leave(atOnce = false) {
    this.asked.push([atOnce ? 'leave at once' : 'leave']);
  }
}

/** Opens the call window on a made-up core, with a session that only notes. */
export async function openCall(backend: FakeBackend) {
  const session = new NotedSession();
  const view = render(Call, { backend, session: session.make });
  await screen.findByRole('main');
  return { ...view, session };
}
