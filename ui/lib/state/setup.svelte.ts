import type { CertificateQuestion, Setup, SetupView, TestLine, TestResult, TokenSource } from '../ipc/bindings';
import { isLogin, type WindowState } from './window.svelte';

/** The form of first start and settings. */
export class SetupForm {
  server = $state('');
  openvidu = $state('');
  login = $state('');
  tokens = $state<TokenSource>('openvidu');
  /** The person pressed a button, so empty fields are pointed out. */
  tried = $state(false);
  testing = $state(false);
  result = $state.raw<TestResult | null>(null);

  readonly #window: WindowState;
  /** The server that the form came with, and the other address of its socket, which only flags and files can give. */
  readonly #server: string;
  readonly #socket: string;

  constructor(window: WindowState, current: SetupView) {
    this.#window = window;
    const { setup, embedded } = current;
    this.#server = embedded ? '' : setup.server;
    this.#socket = embedded ? '' : setup.socket;
    if (!embedded) {
      this.server = setup.server;
      this.openvidu = setup.openvidu;
      this.tokens = setup.tokens;
    }
    this.login = setup.login;
  }

  /** What is typed, with addresses completed: a bare host becomes one with a scheme. */
  get setup(): Setup {
    const server = completed(this.server);
    return {
      server,
      socket: server === this.#server ? this.#socket : '',
      openvidu: this.tokens === 'openvidu' ? encrypted(this.openvidu) : '',
      login: this.login.trim(),
      tokens: this.tokens,
    };
  }

  /** Host and port of the OpenVidu that is typed, as the core names places; empty while it is none. */
  get openviduPlace(): string {
    return placeOf(encrypted(this.openvidu));
  }

  get serverMissing(): boolean {
    return this.tried && this.server.trim() === '';
  }
  get openviduMissing(): boolean {
    return this.tried && this.tokens === 'openvidu' && this.openvidu.trim() === '';
  }
  get loginWrong(): boolean {
    return this.tried && !isLogin(this.login.trim());
  }

  /** A certificate to decide on: of the last test, or one that the core met while working. */
  get certificate(): CertificateQuestion | null {
    return this.result?.certificate ?? this.#window.view?.setup.certificate ?? null;
  }

  get lines(): TestLine[] {
    return this.result?.lines ?? [];
  }

  /** Everything that was tried works. */
  get good(): boolean {
    return this.lines.length > 0 && this.certificate === null && this.lines.every((line) => line.problem === null);
  }

  /** Whether everything is filled in; from the first time on, what is not is pointed out. */
  complete(): boolean {
    this.tried = true;
    return !this.serverMissing && !this.openviduMissing && !this.loginWrong;
  }

  async test(): Promise<void> {
    if (!this.complete() || this.testing) return;
    this.testing = true;
    this.result = null;
    await this.#window.ask(async () => (this.result = await this.#window.backend.testSetup(this.setup)));
    this.testing = false;
  }

  /** True when the core took it. */
  async save(): Promise<boolean> {
    if (!this.complete()) return false;
    return this.#window.ask(() => this.#window.backend.saveSetup(this.setup));
  }

  /**
   * Whether the login that is typed has a session at the server that is typed (`in`), or needs one: the last test found
   * that out, or the core did while it worked.
   */
  get account(): 'none' | 'wanted' | 'in' {
    const setup = this.#window.view?.setup;
    if (!setup) return 'none';
    const place = placeOf(completed(this.server));
    const login = this.login.trim();
    const met = setup.signIn && place === placeOf(setup.setup.server);
    // A session that the keyring does not give away now lets nobody in. Behind the name is the place of the socket, where
    // that is another one.
    const useless = met && login === setup.setup.login;
    if (place !== '' && !useless && setup.accountFor.split(' ')[0] === `${login}@${place}`) return 'in';
    const tested = this.lines.some((line) => line.part === 'signaling' && line.problem === 'not_signed_in');
    return tested || met ? 'wanted' : 'none';
  }

  /** Lets the core ask for the password. */
  async signIn(): Promise<void> {
    if (this.complete()) await this.#window.signIn(this.setup);
  }

  async signOut(): Promise<void> {
    if (await this.#window.ask(() => this.#window.backend.signOut(this.setup))) this.result = null;
  }

  async enterSecret(): Promise<void> {
    this.tried ||= this.openvidu.trim() === '';
    if (this.openviduMissing) return;
    await this.#window.ask(() => this.#window.backend.askSecret(encrypted(this.openvidu)));
  }

  /** Pins the certificate and tries again, now that something may be sent. */
  async trust(question: CertificateQuestion): Promise<void> {
    const trusted = await this.#window.ask(() =>
      this.#window.backend.trustCertificate(question.host, question.fingerprint),
    );
    if (trusted) await this.test();
  }
}

/** Host and port of an address, as the core names places; empty where it is none. */
function placeOf(address: string): string {
  if (!URL.canParse(address)) return '';
  const { hostname, port, protocol } = new URL(address);
  return `${hostname}:${port || (protocol === 'http:' ? '80' : '443')}`;
}

/** OpenVidu's address as typed: it speaks TLS wherever it runs, unless somebody says otherwise. */
export function encrypted(typed: string): string {
  const text = typed.trim();
  return text === '' || text.includes('://') ? text : `https://${text}`;
}

/** An address as typed, with `https://` where a person left the scheme out, `http://` on this computer. */
export function completed(typed: string): string {
  const text = typed.trim();
  if (text === '' || text.includes('://')) return text;
  return /^(localhost|127\.|\[::1\])/i.test(text) ? `http://${text}` : `https://${text}`;
}
