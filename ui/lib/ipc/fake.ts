import type { Backend, CallControl, Unlisten } from './backend';
import type {
  IpcError,
  Media,
  MediaEvent,
  MediaReport,
  MediaTicket,
  PlaceCall,
  Setup,
  TestResult,
  View,
} from './bindings';

/** Who a session is for, and where, as the core names it. */
function accountOf({ login, server }: Setup): string {
  return `${login}@${URL.canParse(server) ? new URL(server).host : server}`;
}

/** A core made up for tests and screenshots: keeps one view, notes every command, never leaves the page. */
export class FakeBackend implements Backend {
  /** Commands in the order given, with their arguments. */
  readonly asked: [command: string, ...args: unknown[]][] = [];
  /** Answer of the next `testSetup`. */
  testResult: TestResult = { lines: [], certificate: null };
  /** What the native dialog would end with. */
  secretGiven = true;
  /** Commands that reject, and with what. */
  readonly refusals = new Map<string, unknown>();

  #view: View;
  readonly #views = new Set<(view: View) => void>();
  readonly #controls = new Set<(control: CallControl) => void>();

  constructor(view: View) {
    this.#view = view;
  }

  get view(): View {
    return this.#view;
  }

  /** Changes parts of the view and tells every listener, as the core does. */
  change(parts: Partial<View>): void {
    this.#view = { ...this.#view, ...parts };
    for (const handler of this.#views) handler(this.#view);
  }

  control(control: CallControl): void {
    for (const handler of this.#controls) handler(control);
  }

  async #note(command: string, ...args: unknown[]): Promise<void> {
    this.asked.push([command, ...args]);
    if (this.refusals.has(command)) throw this.refusals.get(command);
  }

  async getView(): Promise<View> {
    return this.#view;
  }
  async onView(handler: (view: View) => void): Promise<Unlisten> {
    this.#views.add(handler);
    return () => this.#views.delete(handler);
  }
  async onCallControl(handler: (control: CallControl) => void): Promise<Unlisten> {
    this.#controls.add(handler);
    return () => this.#controls.delete(handler);
  }

  placeCall(call: PlaceCall): Promise<void> {
    return this.#note('placeCall', call);
  }
  stopCall(): Promise<void> {
    return this.#note('stopCall');
  }
  async testSetup(setup: Setup): Promise<TestResult> {
    await this.#note('testSetup', setup);
    return this.testResult;
  }
  saveSetup(setup: Setup): Promise<void> {
    return this.#note('saveSetup', setup);
  }
  tryHere(): Promise<void> {
    return this.#note('tryHere');
  }
  async askSecret(openvidu: string): Promise<boolean> {
    await this.#note('askSecret', openvidu);
    this.change({ setup: { ...this.#view.setup, secretStored: this.secretGiven, secretFor: '' } });
    return this.secretGiven;
  }
  forgetSecret(): Promise<void> {
    return this.#note('forgetSecret');
  }
  async signIn(setup: Setup): Promise<boolean> {
    await this.#note('signIn', setup);
    if (!this.secretGiven) return false;
    const accountFor = accountOf(setup);
    if (accountFor !== accountOf(this.#view.setup.setup)) {
      this.change({ setup: { ...this.#view.setup, accountFor } });
      return true;
    }
    const notices = this.#view.notices.filter(({ code }) => code !== 'not_signed_in' && code !== 'session_over');
    this.change({ notices, setup: { ...this.#view.setup, signIn: false, accountFor } });
    return true;
  }
  async signOut(setup: Setup): Promise<void> {
    await this.#note('signOut', setup);
    const { accountFor, signIn, setup: current } = this.#view.setup;
    if (accountFor === '' || accountOf(setup) !== accountFor)
      throw { code: 'not_now', subject: '', message: 'nobody is signed in there' } satisfies IpcError;
    const here = accountFor === accountOf(current);
    this.change({ setup: { ...this.#view.setup, signIn: here || signIn, accountFor: '' } });
  }
  trustCertificate(host: string, fingerprint: string): Promise<void> {
    return this.#note('trustCertificate', host, fingerprint);
  }
  dismissNotice(id: string): Promise<void> {
    return this.#note('dismissNotice', id);
  }
  addContact(login: string, name: string): Promise<void> {
    return this.#note('addContact', login, name);
  }
  removeContact(login: string): Promise<void> {
    return this.#note('removeContact', login);
  }
  markMissedSeen(): Promise<void> {
    return this.#note('markMissedSeen');
  }
  unlockKeyring(): Promise<void> {
    return this.#note('unlockKeyring');
  }
  acceptCall(media: Media): Promise<void> {
    return this.#note('acceptCall', media);
  }
  declineCall(message: string | null): Promise<void> {
    return this.#note('declineCall', message);
  }
  dismissRing(): Promise<void> {
    return this.#note('dismissRing');
  }
  async mediaTicket(): Promise<MediaTicket> {
    await this.#note('mediaTicket');
    return {
      url: 'ws://127.0.0.1:1?sessionId=handle&token=-',
      login: 'woman',
      name: 'Woman',
      publish: true,
      media: 'video',
      subscribe: true,
      fakeMedia: true,
    };
  }
  async peerSocketUrl(): Promise<string> {
    await this.#note('peerSocketUrl');
    return 'ws://127.0.0.1:1/peer?handle=handle';
  }
  mediaEvent(event: MediaEvent): Promise<void> {
    return this.#note('mediaEvent', event);
  }
  mediaReport(report: MediaReport): Promise<void> {
    return this.#note('mediaReport', report);
  }
  setMicrophone(on: boolean): Promise<void> {
    return this.#note('setMicrophone', on);
  }
  setCamera(on: boolean): Promise<void> {
    return this.#note('setCamera', on);
  }
}
