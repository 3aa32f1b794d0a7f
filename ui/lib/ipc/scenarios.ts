import type { CallView, Person, RecentCall, View } from './bindings';
import { FakeBackend } from './fake';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function person(login: string, name: string, status: Person['status'], more: Partial<Person> = {}): Person {
  return { login, name, status, lastSeen: null, ownContact: false, echo: false, ...more };
}

function past(id: number, login: string, name: string, ago: number, more: Partial<RecentCall> = {}): RecentCall {
  return {
    callId: `call-${id}`,
    outgoing: false,
    login,
    name,
    at: Date.now() - ago,
    durationMs: 0,
    outcome: 'answered',
    ...more,
  };
}

/** A day at the office: what windows show in tests and screenshots unless told otherwise. */
export function officeView(): View {
  return {
    profile: 'woman',
    setup: {
      ready: true,
      setup: {
        server: 'https://office.example:5001',
        socket: '',
        openvidu: 'https://office.example:4443',
        login: 'woman',
        tokens: 'openvidu',
      },
      embedded: false,
      secretStored: true,
      secretFor: 'office.example:4443',
      signIn: false,
      accountFor: '',
      keyring: 'ok',
      certificate: null,
    },
    signaling: { state: 'online', server: 'office.example', extended: true },
    me: person('woman', 'Woman', 'available'),
    people: [
      person('man', 'Man', 'available'),
      person('door-2', 'Дверь, подъезд 2', 'available'),
      person('anna', 'Anna Reyes', 'busy'),
      person('echo', 'Echo test', 'available', { echo: true }),
      person('night', 'Night shift', 'offline', { lastSeen: Date.now() - 16 * HOUR }),
      person('kofi', 'Kofi Mensah', 'away'),
    ],
    recent: [
      past(1, 'man', 'Man', 12 * MINUTE, { outcome: 'missed' }),
      past(2, 'anna', 'Anna Reyes', 2 * HOUR, { outcome: 'missed' }),
      past(3, 'man', 'Man', 26 * HOUR, { durationMs: 252_000 }),
      past(4, 'kofi', 'Kofi Mensah', 30 * HOUR, { outgoing: true, outcome: 'declined' }),
      past(5, 'door-2', 'Дверь, подъезд 2', 96 * HOUR, { outgoing: true, durationMs: 31_000 }),
    ],
    missed: 2,
    call: null,
    notices: [],
    tray: true,
  };
}

/** A call with Man that stands where `more` says. */
export function callView(more: Partial<CallView> = {}): CallView {
  return {
    callId: '0193-call',
    login: 'man',
    name: 'Man',
    verified: true,
    outgoing: true,
    mode: 'two_way',
    media: 'video',
    state: 'in_call',
    since: Date.now() - 252_000,
    ended: null,
    about: '',
    message: '',
    microphone: true,
    camera: true,
    reconnecting: false,
    ...more,
  };
}

/** A fresh start: no settings. */
function emptyView(): View {
  const office = officeView();
  return {
    ...office,
    setup: {
      ...office.setup,
      ready: false,
      secretStored: false,
      secretFor: '',
      setup: { server: '', socket: '', openvidu: '', login: '', tokens: 'openvidu' },
    },
    signaling: { state: 'offline', server: '', extended: false },
    me: null,
    people: [],
    recent: [],
    missed: 0,
  };
}

const FINGERPRINT = '3F:9A:51:C2:0E:77:AB:18:D4:60:2B:93:EE:07:5C:41:8D:F2:16:BA:64:C9:30:7E:A5:1B:D8:42:0F:96:E3:7D';

/** Views by name, for `npm run shots` and for looking at a window in a browser. */
export const scenarios: Record<string, () => View> = {
  office: officeView,
  first: emptyView,
  alone: () => ({ ...officeView(), people: [], recent: [], missed: 0 }),
  offline: () => ({
    ...officeView(),
    // As the core has it: what the server said of people holds no longer.
    people: officeView().people.map((known) => ({ ...known, status: 'unknown', lastSeen: null })),
    signaling: { state: 'connecting', server: 'office.example', extended: true },
    notices: [{ id: 'n1', code: 'server_unreachable', subject: 'office.example', detail: 'connection refused' }],
  }),
  notices: () => ({
    ...officeView(),
    notices: [
      { id: 'n1', code: 'no_answer', subject: 'man', detail: '' },
      { id: 'n2', code: 'keyring_locked', subject: '', detail: '' },
    ],
  }),
  locked: () => {
    const view = officeView();
    return { ...view, setup: { ...view.setup, secretStored: false, keyring: 'locked' } };
  },
  'signed-out': () => {
    const view = officeView();
    return {
      ...view,
      setup: { ...view.setup, signIn: true },
      signaling: { ...view.signaling, state: 'offline' },
      notices: [{ id: 'n1', code: 'session_over', subject: 'office.example:5001', detail: '' }],
    };
  },
  changed: () => {
    const view = officeView();
    const previous = FINGERPRINT.split(':').toReversed().join(':');
    const certificate = {
      host: 'office.example:4443',
      fingerprint: FINGERPRINT,
      subject: 'CN=office.example',
      previous,
    };
    return { ...view, setup: { ...view.setup, certificate } };
  },
  'in-call': () => ({ ...officeView(), call: callView() }),
  'ring-video': () => ({ ...officeView(), call: callView({ outgoing: false, state: 'ringing' }) }),
  'ring-notice': () => ({
    ...officeView(),
    call: callView({ outgoing: false, state: 'ringing' }),
    notices: [{ id: 'n1', code: 'no_sound', subject: '', detail: '' }],
  }),
  'ring-audio': () => ({ ...officeView(), call: callView({ outgoing: false, state: 'ringing', media: 'audio' }) }),
  'ring-watch': () => ({
    ...officeView(),
    call: callView({
      outgoing: false,
      state: 'ringing',
      mode: 'watch',
      verified: false,
      name: 'Александра Константинова-Преображенская',
    }),
  }),
  calling: () => ({ ...officeView(), call: callView({ state: 'calling' }) }),
  connecting: () => ({ ...officeView(), call: callView({ state: 'connecting' }) }),
  call: () => ({ ...officeView(), call: callView() }),
  muted: () => ({ ...officeView(), call: callView({ microphone: false, camera: false }) }),
  reconnecting: () => ({ ...officeView(), call: callView({ reconnecting: true }) }),
  'no-camera': () => ({ ...officeView(), call: callView() }),
  watch: () => ({ ...officeView(), call: callView({ mode: 'watch' }) }),
  shown: () => ({ ...officeView(), call: callView({ mode: 'watch', outgoing: false }) }),
  'shown-off': () => ({
    ...officeView(),
    call: callView({ mode: 'watch', outgoing: false, microphone: false, camera: false }),
  }),
  off: () => ({ ...officeView(), call: callView() }),
  silent: () => ({ ...officeView(), call: callView() }),
  voice: () => ({ ...officeView(), call: callView({ media: 'audio' }) }),
  ended: () => ({ ...officeView(), call: callView({ state: 'ended', ended: 'busy', about: 'man' }) }),
  declined: () => ({
    ...officeView(),
    call: callView({ state: 'ended', ended: 'declined', about: 'man', message: 'I will call you back.' }),
  }),
};

/** The made-up core for a scenario's name; the office where there is none of that name. */
export function backendOf(name: string): FakeBackend {
  const backend = new FakeBackend((scenarios[name] ?? officeView)());
  backend.testResult = {
    lines: [
      { part: 'signaling', problem: null, detail: 'office.example:5001' },
      { part: 'certificate', problem: 'certificate_unknown', detail: '' },
    ],
    certificate: {
      host: 'office.example:4443',
      fingerprint: FINGERPRINT,
      subject: 'CN=office.example',
      previous: null,
    },
  };
  return backend;
}
