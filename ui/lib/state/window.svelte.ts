import { getContext, setContext } from 'svelte';
import { toIpcError, type Backend, type Unlisten } from '../ipc/backend';
import type { ErrorCode, Notice, Person, Setup, View } from '../ipc/bindings';
import { remedies, type Remedy } from '../locales/errors';

const KEY = Symbol('window');

/** What can keep somebody from signing in. */
const ABOUT_SIGN_IN: readonly ErrorCode[] = [
  'not_signed_in',
  'session_over',
  'password_refused',
  'too_many_tries',
  'not_encrypted',
  'no_accounts',
];

/** What every window has: the core's latest view, and a way to ask for something and hear why not. */
export class WindowState {
  /** The newest view; absent until the core answered for the first time. */
  view = $state.raw<View | null>(null);
  /** Commands that were refused in this window, newest last; at most three are kept. */
  refused = $state.raw<Notice[]>([]);

  /** A password is being asked for. */
  signingIn = $state(false);
  /** How often somebody signed in here: what was found out before is out of date. */
  signIns = $state(0);

  readonly backend: Backend;
  #refusals = 0;
  #unlisten: Unlisten | null = null;
  /** What was last signed in with, which may not be saved yet. */
  #last: Setup | null = null;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Begins to follow the core. */
  async start(): Promise<void> {
    this.#unlisten = await this.backend.onView((view) => (this.view = view));
    await this.ask(async () => {
      const view = await this.backend.getView();
      // An event that came in the meantime is newer than this answer.
      this.view ??= view;
    });
  }

  stop(): void {
    this.#unlisten?.();
  }

  /** Runs a command; a refusal becomes a notice. True when it was accepted. */
  async ask(command: () => Promise<unknown>): Promise<boolean> {
    try {
      await command();
      return true;
    } catch (reason) {
      const { code, subject, message } = toIpcError(reason);
      this.#refusals += 1;
      const notice: Notice = { id: `refused-${this.#refusals}`, code, subject, detail: message };
      const others = this.refused.filter((known) => known.code !== code || known.subject !== subject);
      this.refused = [...others, notice].slice(-3);
      return false;
    }
  }

  /** Lets the core ask for a password, once more for the last one where none is named. True when somebody is signed in. */
  async signIn(setup?: Setup): Promise<boolean> {
    const whom = setup ?? this.#last ?? this.view?.setup.setup;
    if (!whom || this.signingIn) return false;
    this.#last = whom;
    // The next try is the remedy of what was said about the last one.
    this.refused = this.refused.filter(({ code }) => !ABOUT_SIGN_IN.includes(code));
    this.signingIn = true;
    let signedIn = false;
    await this.ask(async () => {
      try {
        signedIn = await this.backend.signIn(whom);
      } finally {
        // Before anything is said of it: what is said has a button that tries again.
        this.signingIn = false;
      }
    });
    if (signedIn) this.signIns += 1;
    return signedIn;
  }

  /** Notices of the core and refusals of this window. */
  get notices(): Notice[] {
    return [...(this.view?.notices ?? []), ...this.refused];
  }

  /** The server can be reached, so what is known of people holds. */
  get online(): boolean {
    return this.view?.signaling.state === 'online';
  }

  /** A call is under way: there is no other beside it. */
  get busy(): boolean {
    return this.view?.call != null && this.view.call.state !== 'ended';
  }

  /** Puts a notice away. */
  dismiss(notice: Notice): void {
    if (this.refused.includes(notice)) this.refused = this.refused.filter((other) => other !== notice);
    else void this.ask(() => this.backend.dismissNotice(notice.id));
  }

  /** What was refused concerned something that is over. */
  forget(): void {
    this.refused = [];
  }

  /** The display name of a login, for sentences about it; the login (or host) itself where nobody is known by it. */
  nameOf(login: string): string {
    return this.view?.people.find((person) => person.login === login)?.name ?? login;
  }
}

/** Makes `state` reachable for every component below. */
export function provideWindow(state: WindowState): void {
  setContext(KEY, state);
}

/** The state of the window a component is in. */
export function useWindow(): WindowState {
  return getContext<WindowState>(KEY);
}

const LOGIN = /^[A-Za-z0-9_-]{1,64}$/;

/** What can be done about a notice; `none` where reading it is all. */
export function remedyOf(notice: Notice): Remedy | 'none' {
  const remedy = remedies[notice.code] ?? 'none';
  // Of a call that failed for a server's sake it is not said whom it was to.
  return remedy === 'call' && !isLogin(notice.subject) ? 'none' : remedy;
}

/** Whether `text` could be a login. */
export function isLogin(text: string): boolean {
  return LOGIN.test(text);
}

/** People whose name or login contains `query`, and the login to offer where it is nobody's. */
export function findPeople(people: Person[], query: string): { found: Person[]; typed: string | null } {
  const wanted = query.trim().toLocaleLowerCase();
  if (wanted === '') return { found: people, typed: null };
  const found = people.filter(
    (person) => person.name.toLocaleLowerCase().includes(wanted) || person.login.toLocaleLowerCase().includes(wanted),
  );
  const exact = people.some((person) => person.login.toLocaleLowerCase() === wanted);
  return { found, typed: !exact && isLogin(query.trim()) ? query.trim() : null };
}
