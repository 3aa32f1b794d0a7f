import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { MediaEvent, MediaTicket } from '../lib/ipc/bindings';
import { FakeBackend } from '../lib/ipc/fake';
import { backendOf, callView, officeView } from '../lib/ipc/scenarios';
import type { Surroundings } from '../lib/openvidu';
import type { CallSession } from '../lib/state/call.svelte';
import { violations } from '../lib/testing/axe';
import Call from './Call.svelte';

/** A session that notes what it is told. */
class NotedSession implements CallSession {
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
  async leave() {
    this.asked.push(['leave']);
  }
}

async function open(backend: FakeBackend) {
  const session = new NotedSession();
  const view = render(Call, { backend, session: session.make });
  await screen.findByRole('main');
  return { ...view, session };
}

afterEach(() => vi.useRealTimers());

describe('a call', () => {
  it('joins once it is answered, and not before', async () => {
    const backend = backendOf('calling');
    const { session } = await open(backend);
    expect(screen.getByRole('status')).toHaveTextContent('Calling Man…');
    expect(backend.asked).toEqual([]);
    backend.change({ call: callView({ state: 'connecting' }) });
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    expect(await screen.findByText('Connecting to Man…')).toBeVisible();
    backend.change({ call: callView({ state: 'in_call' }) });
    await screen.findByText('Waiting for the picture');
    expect(backend.asked.filter(([command]) => command === 'mediaTicket')).toHaveLength(1);
    expect(session.around?.candidates).toEqual(['man', 'woman']);
  });

  it('asks for its place while it rings where one only sees, and says nothing when nobody answers', async () => {
    const backend = backendOf('calling');
    const { session } = await open(backend);
    const refuse = vi.spyOn(backend, 'mediaTicket');
    refuse.mockRejectedValue({ code: 'not_now', subject: '', message: 'the call is over' });
    backend.change({ call: callView({ state: 'calling', mode: 'watch' }) });
    await waitFor(() => expect(refuse).toHaveBeenCalledOnce());
    backend.change({ call: callView({ state: 'ended', mode: 'watch', ended: 'declined', about: 'man' }) });
    expect(await screen.findByText('Man declined the call.')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Dismiss' })).toBeNull();
    expect(session.ticket).toBeNull();
  });

  it('turns microphone and camera off and on', async () => {
    const backend = backendOf('call');
    const { session } = await open(backend);
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    const microphone = screen.getByRole('button', { name: 'Microphone' });
    expect(microphone).toHaveAttribute('aria-pressed', 'true');
    await userEvent.click(microphone);
    await userEvent.click(screen.getByRole('button', { name: 'Camera' }));
    expect(backend.asked.slice(-2)).toEqual([
      ['setMicrophone', false],
      ['setCamera', false],
    ]);
    backend.change({ call: callView({ microphone: false }) });
    await waitFor(() => expect(microphone).toHaveAttribute('aria-pressed', 'false'));
    expect(session.asked).toContainEqual(['microphone', false]);
    backend.control({ kind: 'camera', on: false });
    expect(session.asked.at(-1)).toEqual(['camera', false]);
  });

  it('has Stop last, and stops', async () => {
    const backend = backendOf('call');
    await open(backend);
    expect(screen.getAllByRole('button').at(-1)).toHaveAccessibleName('Stop');
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(backend.asked.at(-1)).toEqual(['stopCall']);
  });

  it('opens no device where one only sees', async () => {
    await open(backendOf('watch'));
    expect(screen.queryByRole('button', { name: 'Microphone' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Camera' })).toBeNull();
    expect(screen.getByText(/your camera and microphone are off/)).toBeVisible();
  });

  it('says what is wrong with the camera while the call goes on', async () => {
    const backend = backendOf('call');
    const { session } = await open(backend);
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    session.event({ kind: 'failed', code: 'camera_busy', detail: 'NotReadableError' });
    expect(await screen.findByText(/Another program has the camera/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Camera' })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Microphone' })).toBeEnabled();
    expect(backend.asked.at(-1)).toEqual([
      'mediaEvent',
      { kind: 'failed', code: 'camera_busy', detail: 'NotReadableError' },
    ]);
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(screen.queryByText(/Another program has the camera/)).toBeNull();
  });

  it('says so while it reconnects', async () => {
    await open(backendOf('reconnecting'));
    expect(screen.getByText('The connection was interrupted. Reconnecting…')).toBeVisible();
  });

  it('asks for a click only where sound needs one', async () => {
    const { session } = await open(backendOf('call'));
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    expect(screen.queryByRole('button', { name: 'Turn on sound' })).toBeNull();
    session.around?.onstate({ picture: true, streams: true, off: false, own: true, silent: true, quality: 'good' });
    await userEvent.click(await screen.findByRole('button', { name: 'Turn on sound' }));
    expect(session.asked.at(-1)).toEqual(['sound']);
  });

  it('says how it ended and leaves the session', async () => {
    const backend = backendOf('call');
    const { session } = await open(backend);
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    const ended = callView({ state: 'ended', ended: 'declined', about: 'man', message: 'Later.' });
    backend.change({ call: ended });
    expect(await screen.findByText('Man declined the call.')).toBeVisible();
    expect(screen.getByText('“Later.”')).toBeVisible();
    expect(session.asked).toContainEqual(['leave']);
    expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull();
  });

  it('names the server where it was the server that ended it', async () => {
    const backend = backendOf('call');
    await open(backend);
    backend.change({ call: callView({ state: 'ended', ended: 'token_refused', about: 'office.example:4443' }) });
    expect(await screen.findByText(/^office.example:4443 did not let you into the call/)).toBeVisible();
  });

  it('says that somebody sends nothing, instead of waiting for a picture', async () => {
    const { session } = await open(backendOf('call'));
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    session.around?.onstate({ picture: false, streams: false, off: false, own: true, silent: false, quality: null });
    expect(await screen.findByText('Man sends neither picture nor sound')).toBeVisible();
  });

  it('shows the same problem of media and of a command side by side', async () => {
    const backend = backendOf('call');
    backend.refusals.set('mediaEvent', { code: 'media_blocked', subject: 'office.example', message: '' });
    const { session } = await open(backend);
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    session.event({ kind: 'failed', code: 'media_blocked', detail: '' });
    await waitFor(() => expect(screen.getAllByText(/No picture or sound gets through/)).toHaveLength(2));
  });

  it('hides its controls after three seconds, but not from a keyboard', async () => {
    vi.useFakeTimers();
    render(Call, { backend: new FakeBackend({ ...officeView(), call: callView() }), session: new NotedSession().make });
    await vi.advanceTimersByTimeAsync(10);
    const main = screen.getByRole('main');
    await vi.advanceTimersByTimeAsync(2900);
    expect(main).not.toHaveClass('hidden');
    await vi.advanceTimersByTimeAsync(200);
    expect(main).toHaveClass('hidden');
    await fireEvent.pointerMove(main);
    expect(main).not.toHaveClass('hidden');
    await fireEvent.keyDown(main, { key: 'Tab' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(main).not.toHaveClass('hidden');
  });

  it.each(['call', 'calling', 'watch', 'shown', 'voice', 'ended', 'reconnecting'])(
    'has nothing to stumble over: %s',
    async (name) => {
      const { container } = await open(backendOf(name));
      expect(await violations(container)).toEqual([]);
    },
  );
});
