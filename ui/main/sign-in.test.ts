import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { backendOf } from '../lib/ipc/scenarios';
import { openMain as open } from '../lib/testing/main';

/** The settings of somebody whose session has ended. */
async function settings() {
  const backend = backendOf('signed-out');
  await open(backend);
  await userEvent.click(screen.getByRole('button', { name: 'Settings' }));
  return backend;
}

const account = () => within(screen.getByRole('region', { name: 'Account' }));
const notices = () => within(screen.getByRole('list', { name: 'Notices' }));

describe('signing in by the form', () => {
  it('is offered where the settings know of a session that lets nobody in', async () => {
    const backend = await settings();
    backend.change({ setup: { ...backend.view.setup, accountFor: 'woman@office.example:5001' } });
    expect(await screen.findByText(/^This server asks for a password/)).toBeVisible();
    expect(screen.queryByText('Signed in as woman')).toBeNull();
    await userEvent.click(account().getByRole('button', { name: 'Sign in…' }));
    expect(await screen.findByText('Signed in as woman')).toBeVisible();
  });

  it('takes back what was said about the last try', async () => {
    const backend = await settings();
    backend.refusals.set('signIn', { code: 'password_refused', subject: 'office.example:5001', message: '' });
    await userEvent.click(account().getByRole('button', { name: 'Sign in…' }));
    expect(await screen.findByText(/does not know this login with this password/)).toBeVisible();
    backend.refusals.clear();
    await userEvent.click(account().getByRole('button', { name: 'Sign in…' }));
    expect(await screen.findByText('Signed in as woman')).toBeVisible();
    expect(screen.queryByText(/does not know this login with this password/)).toBeNull();
  });

  it('tests the connection again, also where a notice had the button', async () => {
    const backend = await settings();
    await userEvent.click(screen.getByRole('button', { name: 'Test connection' }));
    const tests = () => backend.asked.filter(([what]) => what === 'testSetup');
    await vi.waitFor(() => expect(tests()).toHaveLength(1));
    await userEvent.click(notices().getByRole('button', { name: 'Sign in…' }));
    await vi.waitFor(() => expect(tests()).toHaveLength(2));
  });

  it('asks for one password at a time, and keeps the focus meanwhile', async () => {
    const backend = await settings();
    let answer = (_signedIn: boolean): void => undefined;
    const asked = vi.spyOn(backend, 'signIn').mockReturnValue(new Promise<boolean>((done) => (answer = done)));
    const button = account().getByRole('button', { name: 'Sign in…' });
    await userEvent.click(button);
    const other = notices().getByRole('button', { name: 'Sign in…' });
    for (const waiting of [button, other]) {
      expect(waiting).toHaveAttribute('aria-disabled', 'true');
      await userEvent.click(waiting);
    }
    expect(asked).toHaveBeenCalledTimes(1);
    button.focus();
    answer(false);
    await vi.waitFor(() => expect(button).not.toHaveAttribute('aria-disabled'));
    expect(other).not.toHaveAttribute('aria-disabled');
    expect(button).toHaveFocus();
  });

  it('says what became of it, and stays where the keyboard is', async () => {
    const backend = await settings();
    const button = account().getByRole('button', { name: 'Sign in…' });
    await userEvent.click(button);
    expect(await account().findByRole('status')).toHaveTextContent('Signed in as woman');
    expect(account().getByRole('button', { name: 'Sign out' })).toHaveFocus();
    await userEvent.click(account().getByRole('button', { name: 'Sign out' }));
    expect(await account().findByRole('status')).toHaveTextContent('This server asks for a password');
    expect(account().getByRole('button', { name: 'Sign in…' })).toHaveFocus();
    expect(backend.asked.at(-1)).toEqual(['signOut', backend.view.setup.setup]);
  });
});
