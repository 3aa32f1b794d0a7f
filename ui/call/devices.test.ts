import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import type { MediaTicket } from '../lib/ipc/bindings';
import { backendOf, callView } from '../lib/ipc/scenarios';
import { NotedSession, openCall as open, seen } from '../lib/testing/call';
import Call from './Call.svelte';

describe('microphone and camera in a call', () => {
  it('joins nothing, and opens no device, when the call ends before there is a ticket', async () => {
    const backend = backendOf('call');
    let give: (ticket: MediaTicket) => void = () => undefined;
    const ticket = await backend.mediaTicket();
    vi.spyOn(backend, 'mediaTicket').mockReturnValue(new Promise((resolve) => (give = resolve)));
    const { session } = await open(backend);
    backend.change({ call: callView({ state: 'ended' }) });
    await screen.findByText('The call ended');
    give(ticket);
    await new Promise((resolve) => setTimeout(resolve));
    expect(session.asked).toEqual([]);
    expect(session.ticket).toBeNull();
  });

  it('starts nothing when the call ends while the library is loaded', async () => {
    const backend = backendOf('call');
    const session = new NotedSession();
    let loaded: (made: NotedSession) => void = () => undefined;
    const make = vi.fn(() => new Promise<NotedSession>((resolve) => (loaded = resolve)));
    render(Call, { backend, session: make });
    await waitFor(() => expect(make).toHaveBeenCalledOnce());
    backend.change({ call: callView({ state: 'ended' }) });
    await screen.findByText('The call ended');
    loaded(session);
    await waitFor(() => expect(session.asked).toEqual([['leave']]));
  });

  it('starts with what was pressed while it was joining', async () => {
    const backend = backendOf('call');
    let give: (ticket: MediaTicket) => void = () => undefined;
    const ticket = await backend.mediaTicket();
    vi.spyOn(backend, 'mediaTicket').mockReturnValue(new Promise((resolve) => (give = resolve)));
    const { session } = await open(backend);
    backend.change({ call: callView({ microphone: false }) });
    await tick();
    backend.control({ kind: 'camera', on: false });
    give(ticket);
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    expect(session.asked).toEqual([['microphone', false], ['camera', false], ['start']]);
  });

  it('turns devices off with a key that no other program has and no layout moves', async () => {
    const backend = backendOf('call');
    await open(backend);
    await fireEvent.keyDown(document.body, { key: 'в', code: 'KeyD', ctrlKey: true });
    await fireEvent.keyDown(document.body, { key: 'e', code: 'KeyE', ctrlKey: true });
    await fireEvent.keyDown(document.body, { key: 'e', code: 'KeyE', ctrlKey: true, repeat: true });
    await fireEvent.keyDown(document.body, { key: 'd', code: 'KeyD' });
    expect(backend.asked.filter(([command]) => command.startsWith('set'))).toEqual([
      ['setMicrophone', false],
      ['setCamera', false],
    ]);
    expect(screen.getByRole('button', { name: 'Camera' })).toHaveAttribute('aria-keyshortcuts', 'Control+E');
  });

  it('has no such keys where one only sees', async () => {
    const backend = backendOf('watch');
    await open(backend);
    await fireEvent.keyDown(document.body, { key: 'd', code: 'KeyD', ctrlKey: true });
    expect(backend.asked.filter(([command]) => command.startsWith('set'))).toEqual([]);
  });

  it('says that the other side turned its microphone or camera off', async () => {
    const { session } = await open(backendOf('call'));
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    session.around?.onstate({ ...seen, muted: true });
    expect(await screen.findByText('Man’s microphone is off')).toBeVisible();
    expect(screen.queryByText('Camera off')).toBeNull();
    session.around?.onstate({ ...seen, picture: false, off: true });
    expect(await screen.findByText('Camera off')).toBeVisible();
    expect(screen.queryByText('Man’s microphone is off')).toBeNull();
  });

  it('tells who is only looked at what of it is seen and heard', async () => {
    const backend = backendOf('shown');
    const { session } = await open(backend);
    await waitFor(() => expect(session.asked).toContainEqual(['start']));
    session.around?.onstate({ ...seen, picture: false });
    await waitFor(() => expect(screen.getByText('Man sees and hears you')).toBeVisible());
    const only = { mode: 'watch', outgoing: false } as const;
    backend.change({ call: callView({ ...only, microphone: false }) });
    await waitFor(() => expect(screen.getByText('Man sees you; your microphone is off')).toBeVisible());
    session.around?.onstate({ ...seen, picture: false, own: false });
    backend.change({ call: callView({ ...only, camera: false }) });
    await waitFor(() => expect(screen.getByText('Man hears you; your camera is off')).toBeVisible());
    expect(screen.queryByText('Man sees and hears you')).toBeNull();
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
});
