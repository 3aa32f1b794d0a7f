import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { backendOf } from '../lib/ipc/scenarios';
import { openMain as open } from '../lib/testing/main';

describe('first start', () => {
  it('tries it on this computer', async () => {
    const backend = backendOf('first');
    await open(backend);
    await userEvent.click(screen.getByRole('button', { name: 'Try it on this computer' }));
    expect(backend.asked).toEqual([['tryHere']]);
  });

  it('connects to a server: secret, test, certificate, save', async () => {
    const backend = backendOf('first');
    await open(backend);
    await userEvent.click(screen.getByRole('button', { name: 'Connect to a server' }));
    await userEvent.type(screen.getByRole('textbox', { name: 'Server address' }), 'office.example:5001');
    await userEvent.type(screen.getByRole('textbox', { name: 'Your login' }), 'woman');
    await userEvent.type(screen.getByRole('textbox', { name: 'OpenVidu address' }), 'https://office.example:4443');
    await userEvent.click(screen.getByRole('button', { name: 'Enter the secret…' }));
    expect(backend.asked).toEqual([['askSecret', 'https://office.example:4443']]);
    expect(await screen.findByText('Kept in the keyring of this computer')).toBeVisible();

    await userEvent.click(screen.getByRole('button', { name: 'Test connection' }));
    expect(await screen.findByText(/Nobody vouches for the certificate of office\.example:4443/)).toBeVisible();
    const question = await screen.findByRole('region', { name: 'Do you trust office.example:4443?' });
    expect(question).toHaveTextContent('3F:9A:51');
    backend.testResult = { lines: [{ part: 'signaling', problem: null, detail: '' }], certificate: null };
    await userEvent.click(screen.getByRole('button', { name: 'Trust this certificate' }));
    expect(await screen.findByText('Everything works. Save to use it.')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    const setup = {
      server: 'https://office.example:5001',
      socket: '',
      openvidu: 'https://office.example:4443',
      login: 'woman',
      tokens: 'openvidu',
    };
    expect(backend.asked.at(-1)).toEqual(['saveSetup', setup]);
    expect(backend.asked.find(([command]) => command === 'trustCertificate')?.[1]).toBe('office.example:4443');
  });

  it('says whose secret it keeps when another OpenVidu is typed', async () => {
    await open(backendOf('office'));
    await userEvent.click(screen.getByRole('button', { name: 'Settings' }));
    expect(await screen.findByText('Kept in the keyring of this computer')).toBeVisible();
    const field = screen.getByRole('textbox', { name: 'OpenVidu address' });
    await userEvent.clear(field);
    await userEvent.type(field, 'elsewhere.example');
    expect(screen.getByText(/The one kept here is that of office\.example:4443/)).toBeVisible();
  });

  it('needs no secret where the server hands out tokens', async () => {
    const backend = backendOf('first');
    await open(backend);
    await userEvent.click(screen.getByRole('button', { name: 'Connect to a server' }));
    await userEvent.click(screen.getByRole('radio', { name: 'The server hands out tokens' }));
    expect(screen.queryByRole('button', { name: 'Enter the secret…' })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(backend.asked).toEqual([]);
    expect(screen.getByRole('textbox', { name: 'Server address' })).toBeInvalid();
    expect(screen.getByRole('textbox', { name: 'Server address' })).toHaveFocus();
    await userEvent.type(screen.getByRole('textbox', { name: 'Server address' }), '127.0.0.1:5001');
    await userEvent.type(screen.getByRole('textbox', { name: 'Your login' }), 'woman');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(backend.asked).toEqual([
      ['saveSetup', { server: 'http://127.0.0.1:5001', socket: '', openvidu: '', login: 'woman', tokens: 'hub' }],
    ]);
  });

  it('begins at the first field, and goes back to where it was opened', async () => {
    await open(backendOf('first'));
    await userEvent.click(screen.getByRole('button', { name: 'Connect to a server' }));
    expect(screen.getByRole('textbox', { name: 'Server address' })).toHaveFocus();
    await userEvent.type(screen.getByRole('textbox', { name: 'Server address' }), 'office.example');
    await userEvent.type(screen.getByRole('textbox', { name: 'Your login' }), 'über uns');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(screen.getByRole('textbox', { name: 'Your login' })).toHaveFocus();
    expect(screen.getByText(/^A login has letters, digits/)).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Back' }));
    expect(screen.getByRole('button', { name: 'Try it on this computer' })).toHaveFocus();
  });

  it('asks for a password where the server has accounts, and tests again with the session', async () => {
    const backend = backendOf('first');
    await open(backend);
    await userEvent.click(screen.getByRole('button', { name: 'Connect to a server' }));
    expect(screen.queryByRole('button', { name: 'Sign in…' })).toBeNull();
    await userEvent.type(screen.getByRole('textbox', { name: 'Server address' }), 'office.example:5001');
    await userEvent.type(screen.getByRole('textbox', { name: 'Your login' }), 'woman');
    await userEvent.click(screen.getByRole('radio', { name: 'The server hands out tokens' }));
    backend.testResult = { lines: [{ part: 'signaling', problem: 'not_signed_in', detail: '' }], certificate: null };
    await userEvent.click(screen.getByRole('button', { name: 'Test connection' }));
    expect(
      await screen.findByText('This server asks for a password. It is sent there and kept nowhere.'),
    ).toBeVisible();

    const refusal = { code: 'password_refused', subject: 'office.example:5001', message: '' };
    backend.refusals.set('signIn', refusal);
    await userEvent.click(screen.getByRole('button', { name: 'Sign in…' }));
    expect(await screen.findByText(/does not know this login with this password; try again/)).toBeVisible();
    backend.refusals.clear();
    backend.testResult = { lines: [{ part: 'signaling', problem: null, detail: '' }], certificate: null };
    // Of the notice, which asks for the same login at the same server once more.
    const notices = within(screen.getByRole('list', { name: 'Notices' }));
    await userEvent.click(notices.getByRole('button', { name: 'Sign in…' }));
    expect(await screen.findByText('Signed in as woman')).toBeVisible();
    const setup = { server: 'https://office.example:5001', socket: '', openvidu: '', login: 'woman', tokens: 'hub' };
    expect(backend.asked.filter(([command]) => command === 'signIn')).toEqual([
      ['signIn', setup],
      ['signIn', setup],
    ]);
    expect(JSON.stringify(backend.asked)).not.toMatch(/password/i);

    await userEvent.click(screen.getByRole('button', { name: 'Sign out' }));
    expect(backend.asked.at(-1)).toEqual(['signOut', setup]);
    expect(screen.queryByText('Signed in as woman')).toBeNull();
    expect(notices.queryAllByRole('listitem')).toEqual([]);
  });

  it('says once that a session has ended, and keeps saying it until somebody is signed in', async () => {
    const backend = backendOf('signed-out');
    await open(backend);
    const words = 'Your sign-in at office.example:5001 has ended; sign in again, nothing is lost.';
    expect(screen.getByText(words)).toBeVisible();
    expect(screen.getByText('Anna Reyes')).toBeVisible();
    backend.secretGiven = false;
    await userEvent.click(screen.getByRole('button', { name: 'Sign in…' }));
    expect(backend.asked).toEqual([['signIn', backend.view.setup.setup]]);
    expect(screen.getByText(words)).toBeVisible();
    backend.secretGiven = true;
    await userEvent.click(screen.getByRole('button', { name: 'Sign in…' }));
    expect(screen.queryByText(words)).toBeNull();
  });

  it('explains a changed certificate before anybody trusts it', async () => {
    await open(backendOf('changed'));
    await userEvent.click(screen.getByRole('button', { name: 'Settings' }));
    expect(screen.getByRole('heading', { name: 'The certificate of office.example:4443 changed' })).toBeVisible();
    expect(screen.getByText(/Nothing was sent to it/)).toBeVisible();
    expect(screen.getByText('Trusted until now')).toBeVisible();
  });

  it('keeps the question in view when a notice takes room from the form', async () => {
    const backend = backendOf('changed');
    await open(backend);
    await userEvent.click(screen.getByRole('button', { name: 'Settings' }));
    const shown = vi.fn();
    const region = screen.getByRole('region', { name: /changed$/ }).parentElement;
    if (!region) throw new Error('the question stands nowhere');
    region.scrollIntoView = shown;
    backend.change({ notices: [{ id: 'x', code: 'certificate_changed', subject: 'office.example:4443', detail: '' }] });
    const list = await screen.findByRole('list', { name: 'Notices' });
    expect(await within(list).findByText(/so nothing was sent/)).toBeVisible();
    expect(shown).toHaveBeenCalled();
    // The settings are open: there is nothing else to do than to take it away.
    expect(
      within(list)
        .getAllByRole('button')
        .map((button) => button.textContent),
    ).toEqual(['OK']);
  });
});
