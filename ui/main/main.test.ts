import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../lib/ipc/bindings';
import { FakeBackend } from '../lib/ipc/fake';
import { backendOf, callView, officeView } from '../lib/ipc/scenarios';
import { violations } from '../lib/testing/axe';
import Main from './Main.svelte';

async function open(backend: FakeBackend) {
  const view = render(Main, { backend });
  await screen.findByRole('main');
  return view;
}

const row = async (name: string) => {
  const item = (await screen.findByText(name)).closest('li');
  if (!item) throw new Error(`${name} is not in a list`);
  return within(item);
};

describe('the list of people', () => {
  it('calls somebody, and asks only to see somebody', async () => {
    const backend = backendOf('office');
    await open(backend);
    const man = await row('Man');
    await userEvent.click(man.getByRole('button', { name: 'Call' }));
    await userEvent.click(man.getByRole('button', { name: 'See only' }));
    expect(backend.asked).toEqual([
      ['placeCall', { login: 'man', mode: 'two_way', media: 'video' }],
      ['placeCall', { login: 'man', mode: 'watch', media: 'video' }],
    ]);
  });

  it('says who is there, in words', async () => {
    await open(backendOf('office'));
    expect(screen.getByRole('button', { name: /Anna Reyes In a call/ })).toBeVisible();
    expect(screen.getByRole('button', { name: /Night shift Last seen/ })).toBeVisible();
  });

  it('finds people, and calls a login that is in no list', async () => {
    const backend = backendOf('office');
    await open(backend);
    const search = screen.getByRole('searchbox', { name: 'Search people or type a login' });
    await userEvent.type(search, 'ann');
    expect(screen.getByText('Anna Reyes')).toBeVisible();
    expect(screen.queryByText('Man')).toBeNull();
    await userEvent.clear(search);
    await userEvent.type(search, 'olga-7');
    await userEvent.click(screen.getByRole('button', { name: 'Call' }));
    expect(backend.asked).toEqual([['placeCall', { login: 'olga-7', mode: 'two_way', media: 'video' }]]);
    await userEvent.clear(search);
    await userEvent.type(search, 'ольга 7');
    expect(screen.queryByRole('button', { name: 'Call' })).toBeNull();
    expect(screen.getByText('Nobody by that name')).toBeVisible();
  });

  it('is used with the keyboard alone', async () => {
    const backend = backendOf('office');
    await open(backend);
    await userEvent.click(screen.getByRole('searchbox'));
    await userEvent.tab();
    expect(screen.getByRole('tab', { name: 'People' })).toHaveFocus();
    await userEvent.tab();
    expect(screen.getByRole('button', { name: /^Man Available/ })).toHaveFocus();
    await userEvent.tab();
    await userEvent.tab();
    expect((await row('Man')).getByRole('button', { name: 'Call' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    expect(backend.asked).toHaveLength(1);
  });

  it('opens a person and goes back with Escape', async () => {
    await open(backendOf('office'));
    await userEvent.click(screen.getByRole('button', { name: /^Man Available/ }));
    expect(screen.getByRole('heading', { name: 'Man' })).toBeVisible();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('heading', { name: 'Man' })).toBeNull();
  });
});

describe('recent calls', () => {
  it('shows how many were missed, until they are looked at', async () => {
    const backend = backendOf('office');
    await open(backend);
    await userEvent.click(screen.getByRole('tab', { name: /Recent 2 missed calls/ }));
    expect(backend.asked).toEqual([['markMissedSeen']]);
    expect(screen.getAllByText(/^Missed ·/)).toHaveLength(2);
    backend.change({ missed: 0 });
    expect(await screen.findByRole('tab', { name: 'Recent' })).toHaveAttribute('aria-selected', 'true');
  });

  it('is reached with the arrow keys', async () => {
    await open(backendOf('office'));
    screen.getByRole('tab', { name: 'People' }).focus();
    await userEvent.keyboard('{ArrowRight}');
    expect(screen.getByRole('tab', { name: /^Recent/ })).toHaveFocus();
    expect(screen.getByRole('list', { name: 'Recent' })).toBeVisible();
  });
});

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

  it('needs no secret where the server hands out tokens', async () => {
    const backend = backendOf('first');
    await open(backend);
    await userEvent.click(screen.getByRole('button', { name: 'Connect to a server' }));
    await userEvent.click(screen.getByRole('radio', { name: 'The server hands out tokens' }));
    expect(screen.queryByRole('button', { name: 'Enter the secret…' })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(backend.asked).toEqual([]);
    expect(screen.getByRole('textbox', { name: 'Server address' })).toBeInvalid();
    await userEvent.type(screen.getByRole('textbox', { name: 'Server address' }), '127.0.0.1:5001');
    await userEvent.type(screen.getByRole('textbox', { name: 'Your login' }), 'woman');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(backend.asked).toEqual([
      ['saveSetup', { server: 'http://127.0.0.1:5001', socket: '', openvidu: '', login: 'woman', tokens: 'hub' }],
    ]);
  });

  it('explains a changed certificate before anybody trusts it', async () => {
    await open(backendOf('changed'));
    await userEvent.click(screen.getByRole('button', { name: 'Settings' }));
    expect(screen.getByRole('heading', { name: 'The certificate of office.example:4443 changed' })).toBeVisible();
    expect(screen.getByText(/Nothing was sent to it/)).toBeVisible();
    expect(screen.getByText('Trusted until now')).toBeVisible();
  });
});

describe('notices', () => {
  it('says what happened and does the one thing about it', async () => {
    const backend = backendOf('notices');
    await open(backend);
    expect(screen.getByText('Man did not answer; try again later.')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Unlock' }));
    expect(backend.asked).toEqual([['unlockKeyring'], ['dismissNotice', 'n2']]);
    await userEvent.click(screen.getByRole('button', { name: 'Call again' }));
    expect(backend.asked[2]).toEqual(['placeCall', { login: 'man', mode: 'two_way', media: 'video' }]);
  });

  it('lets a server and a person say it in their own words, and keeps technical ones back', async () => {
    const notice = (id: string, code: Notice['code'], detail: string) => ({ id, code, subject: 'man', detail });
    const notices = [
      notice('n1', 'refused', 'Calls end at six.'),
      notice('n2', 'declined', 'In a minute.'),
      notice('n3', 'malformed', 'byte 7'),
    ];
    await open(new FakeBackend({ ...officeView(), notices }));
    expect(screen.getByText(/call again later, or ask its administrator.\s*“Calls end at six.”/)).toBeVisible();
    expect(screen.getByText(/declined the call.\s*“In a minute.”/)).toBeVisible();
    expect(screen.queryByText(/byte 7/)).toBeNull();
  });

  it('shows why a command was refused', async () => {
    const backend = backendOf('office');
    backend.refusals.set('placeCall', { code: 'busy', subject: 'anna', message: '' });
    await open(backend);
    await userEvent.click((await row('Anna Reyes')).getByRole('button', { name: 'Call' }));
    expect(await screen.findByText('Anna Reyes is in another call; try again later.')).toBeVisible();
  });

  it('stops a call from the main window, where nobody else can be called meanwhile', async () => {
    const backend = new FakeBackend({ ...officeView(), call: callView({ state: 'calling' }) });
    await open(backend);
    expect(screen.getByText('Calling Man…')).toBeVisible();
    expect((await row('Echo test')).getByRole('button', { name: 'Call' })).toBeDisabled();
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(backend.asked).toEqual([['stopCall']]);
  });
});

describe('for a screen reader', () => {
  it.each(['office', 'first', 'alone', 'notices', 'in-call', 'offline'])(
    'has nothing to stumble over: %s',
    async (name) => {
      const { container } = await open(backendOf(name));
      expect(await violations(container)).toEqual([]);
    },
  );

  it('has nothing to stumble over in the settings', async () => {
    const { container } = await open(backendOf('changed'));
    await userEvent.click(screen.getByRole('button', { name: 'Settings' }));
    await userEvent.click(screen.getByRole('button', { name: 'Test connection' }));
    expect(await violations(container)).toEqual([]);
  });
});
