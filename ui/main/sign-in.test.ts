import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
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

describe('signing in by the form', () => {
  it('is offered where the settings know of a session that lets nobody in', async () => {
    const backend = await settings();
    backend.change({ setup: { ...backend.view.setup, accountFor: 'woman@office.example:5001' } });
    expect(await screen.findByText(/^This server asks for a password/)).toBeVisible();
    expect(screen.queryByText('Signed in as woman')).toBeNull();
    await userEvent.click(account().getByRole('button', { name: 'Sign in…' }));
    expect(await screen.findByText('Signed in as woman')).toBeVisible();
  });
});
