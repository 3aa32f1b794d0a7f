import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { backendOf } from '../lib/ipc/scenarios';
import { violations } from '../lib/testing/axe';
import Ring from './Ring.svelte';

async function open(name: string) {
  const backend = backendOf(name);
  const { container } = render(Ring, { backend });
  await screen.findByRole('main');
  return { backend, container };
}

describe('a ring', () => {
  it('says who calls, loudly, and takes the keyboard from nobody', async () => {
    await open('ring-video');
    expect(screen.getByRole('alert')).toHaveTextContent('Man is calling with video');
    expect(document.body).toHaveFocus();
  });

  it('has decline first and accept last of the answers', async () => {
    await open('ring-video');
    const names = screen
      .getAllByRole('button')
      .map((button) => button.getAttribute('aria-label') ?? button.textContent?.trim());
    expect(names.slice(0, 3)).toEqual(['Decline', 'Accept without video', 'Accept']);
  });

  it('is accepted, with video or without', async () => {
    const { backend } = await open('ring-video');
    await userEvent.click(screen.getByRole('button', { name: 'Accept' }));
    await userEvent.click(screen.getByRole('button', { name: 'Accept without video' }));
    expect(backend.asked).toEqual([
      ['acceptCall', 'video'],
      ['acceptCall', 'audio'],
    ]);
  });

  it('offers no way to leave out what a call without video has not', async () => {
    const { backend } = await open('ring-audio');
    expect(screen.queryByRole('button', { name: 'Accept without video' })).toBeNull();
    await userEvent.dblClick(screen.getByRole('button', { name: 'Accept' }));
    expect(backend.asked).toEqual([['acceptCall', 'audio']]);
  });

  it('is declined, silenced, or answered with a message', async () => {
    const { backend } = await open('ring-video');
    await userEvent.click(screen.getByRole('button', { name: 'Decline' }));
    await userEvent.click(screen.getByRole('button', { name: 'Silence' }));
    await userEvent.click(screen.getByRole('button', { name: 'Decline with a message…' }));
    await userEvent.click(screen.getByRole('button', { name: 'I will call you back.' }));
    expect(backend.asked).toEqual([['declineCall', null], ['dismissRing'], ['declineCall', 'I will call you back.']]);
  });

  it('says that somebody only wants to see, and that a name is not confirmed', async () => {
    await open('ring-watch');
    expect(screen.getByRole('alert')).toHaveTextContent(/asks to see you Name not confirmed/);
  });

  it('has no buttons for what its window may not do', async () => {
    const { backend } = await open('ring-video');
    backend.change({ notices: [{ id: 'n1', code: 'session_over', subject: 'office.example:5001', detail: '' }] });
    expect(await screen.findByText(/has ended; sign in again/)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Sign in…' })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'OK' }));
    expect(backend.asked).toEqual([['dismissNotice', 'n1']]);
  });

  it.each(['ring-video', 'ring-audio', 'ring-watch'])('has nothing to stumble over: %s', async (name) => {
    const { container } = await open(name);
    expect(await violations(container)).toEqual([]);
  });
});
