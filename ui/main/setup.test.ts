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
