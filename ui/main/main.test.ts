import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../lib/ipc/bindings';
import { FakeBackend } from '../lib/ipc/fake';
import { backendOf, callView, officeView } from '../lib/ipc/scenarios';
import { violations } from '../lib/testing/axe';
import { openMain as open, row } from '../lib/testing/main';

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
    await userEvent.click(screen.getByRole('button', { name: 'Clear the search' }));
    expect(search).toHaveFocus();
    expect(screen.getByText('Man')).toBeVisible();
  });

  it('calls with Enter whom the search can only mean, and goes to the first of several', async () => {
    const backend = backendOf('office');
    await open(backend);
    const search = screen.getByRole('searchbox');
    await userEvent.type(search, 'olga-7{Enter}');
    await userEvent.clear(search);
    await userEvent.type(search, 'anna reyes{Enter}');
    await userEvent.clear(search);
    // It could be somebody else's login too: one looks before one calls.
    await userEvent.type(search, 'reyes{Enter}');
    expect(screen.getByRole('button', { name: /^reyes/ })).toHaveFocus();
    expect(backend.asked.map(([, call]) => call)).toMatchObject([{ login: 'olga-7' }, { login: 'anna' }]);
  });

  it('is walked through with the arrow keys', async () => {
    await open(backendOf('office'));
    await userEvent.click(screen.getByRole('searchbox'));
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{ArrowUp}');
    expect(screen.getByRole('button', { name: /^Дверь/ })).toHaveFocus();
  });

  it('calls once when somebody double-clicks', async () => {
    const backend = backendOf('office');
    await open(backend);
    await userEvent.dblClick((await row('Man')).getByRole('button', { name: 'Call' }));
    expect(backend.asked).toHaveLength(1);
  });

  it('claims to know nobody’s presence while the server is away', async () => {
    await open(backendOf('offline'));
    expect(screen.getByRole('button', { name: 'Man' })).toBeVisible();
    expect(screen.queryByText('Available')).toBeNull();
    expect(screen.queryByText('Can be called')).toBeNull();
    expect(screen.getByText('Offline')).toBeVisible();
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
    expect(screen.getByRole('heading', { name: 'Man' })).toHaveFocus();
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('heading', { name: 'Man' })).toBeNull();
    expect(screen.getByRole('button', { name: /^Man Available/ })).toHaveFocus();
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

  it.each([
    ['token_refused', 'office.example:4443'],
    ['token_refused', 'localhost'],
    ['no_answer', 'office.example:4443'],
  ] as const)('calls nobody after %s of which only the server %s is known', async (code, subject) => {
    await open(new FakeBackend({ ...officeView(), notices: [{ id: 'n1', code, subject, detail: '' }] }));
    expect(screen.queryByRole('button', { name: 'Call again' })).toBeNull();
    expect(screen.getByRole('button', { name: 'OK' })).toBeVisible();
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

describe('a ring', () => {
  it('is answered in the main window too, where the keyboard is', async () => {
    const backend = backendOf('ring-video');
    await open(backend);
    expect(screen.getByText('Man is calling')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Accept' }));
    await userEvent.click(screen.getByRole('button', { name: 'Decline' }));
    expect(backend.asked).toEqual([
      ['acceptCall', 'video'],
      ['declineCall', null],
    ]);
  });
});

describe('for a screen reader', () => {
  it.each(['office', 'first', 'alone', 'notices', 'in-call', 'offline', 'ring-video'])(
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
