import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeBackend } from '../lib/ipc/fake';
import { backendOf, callView, officeView } from '../lib/ipc/scenarios';
import { violations } from '../lib/testing/axe';
import { NotedSession, openCall as open, seen } from '../lib/testing/call';
import Call from './Call.svelte';

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

  it('begins anew with a call that follows in the same window', async () => {
    const backend = backendOf('call');
    const { session } = await open(backend);
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    backend.refusals.set('setMicrophone', { code: 'internal', subject: '', message: '' });
    await userEvent.click(screen.getByRole('button', { name: 'Microphone' }));
    session.event({ kind: 'failed', code: 'camera_busy', detail: '' });
    await waitFor(() => expect(screen.getAllByRole('button', { name: 'Dismiss' })).toHaveLength(2));
    backend.change({ call: callView({ callId: 'next', login: 'anna', name: 'Anna Reyes' }) });
    await waitFor(() => expect(session.asked.filter(([what]) => what === 'start')).toHaveLength(2));
    expect(session.asked).toContainEqual(['leave']);
    expect(session.around?.candidates).toEqual(['anna', 'woman']);
    expect(screen.getByRole('button', { name: 'Camera' })).toBeEnabled();
    expect(screen.queryByRole('button', { name: 'Dismiss' })).toBeNull();
  });

  it('leaves when the window is closed', async () => {
    const { session } = await open(backendOf('call'));
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    dispatchEvent(new Event('pagehide'));
    expect(session.asked.at(-1)).toEqual(['leave at once']);
  });

  it('is stopped once by a double-click', async () => {
    const backend = backendOf('call');
    await open(backend);
    await userEvent.dblClick(screen.getByRole('button', { name: 'Stop' }));
    expect(backend.asked.filter(([command]) => command === 'stopCall')).toHaveLength(1);
  });

  it('has Stop last, and stops', async () => {
    const backend = backendOf('call');
    await open(backend);
    expect(screen.getAllByRole('button').at(-1)).toHaveAccessibleName('Stop');
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(backend.asked.at(-1)).toEqual(['stopCall']);
  });

  it('says so while it reconnects', async () => {
    await open(backendOf('reconnecting'));
    expect(screen.getByText('The connection was interrupted. Reconnecting…')).toBeVisible();
  });

  it('asks for a click only where sound needs one', async () => {
    const { session } = await open(backendOf('call'));
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    expect(screen.queryByRole('button', { name: 'Turn on sound' })).toBeNull();
    session.around?.onstate({ ...seen, silent: true });
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
    session.around?.onstate({ ...seen, picture: false, streams: false, quality: null });
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

  it.each(['call', 'calling', 'watch', 'shown', 'shown-off', 'voice', 'ended', 'reconnecting'])(
    'has nothing to stumble over: %s',
    async (name) => {
      const { container } = await open(backendOf(name));
      expect(await violations(container)).toEqual([]);
    },
  );
});
