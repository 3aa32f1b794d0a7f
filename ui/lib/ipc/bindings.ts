// Generated from crates/ipc; `WRITE_BINDINGS=1 cargo test -p zvonok-ipc` rewrites it.

/**
 * `call.state` of `zvonok status --json`; a window additionally sees `ended` for the moment in which it says why.
 */
export type CallState = "calling" | "ringing" | "connecting" | "in_call" | "ended";

/**
 * The call that is under way.
 */
export type CallView = { 
/**
 * The call's id.
 */
callId: string, 
/**
 * The other person's login.
 */
login: string, 
/**
 * The other person's display name.
 */
name: string, 
/**
 * Whether the name was vouched for by a sign-in (a hub in open mode vouches for nobody).
 */
verified: boolean, 
/**
 * Whether this side placed it.
 */
outgoing: boolean, 
/**
 * Both ways or watching.
 */
mode: Mode, 
/**
 * Video or audio only.
 */
media: Media, 
/**
 * Where it stands.
 */
state: CallState, 
/**
 * When the state began.
 */
since: number, 
/**
 * How it ended, once it has; `None` for an ordinary hang-up.
 */
ended: ErrorCode | null, 
/**
 * What `ended` is about: the person's login, or the host of a server; empty for this computer, and until then.
 */
about: string, 
/**
 * Words the other person sent with a decline; may be empty.
 */
message: string, 
/**
 * Microphone on.
 */
microphone: boolean, 
/**
 * Camera on.
 */
camera: boolean, 
/**
 * Signaling or media is being restored.
 */
reconnecting: boolean, };

/**
 * A certificate that no trust store vouches for.
 */
export type CertificateQuestion = { 
/**
 * Host and port that presented it.
 */
host: string, 
/**
 * SHA-256 of the certificate, as `AA:BB:…`.
 */
fingerprint: string, 
/**
 * The subject it names; may be empty.
 */
subject: string, 
/**
 * The fingerprint trusted before, when this one replaced it: then it is refused until a person decides.
 */
previous: string | null, };

/**
 * Everything the UI has a sentence and an action for.
 */
export type ErrorCode = "bad_address" | "bad_login" | "server_unreachable" | "not_that_server" | "certificate_unknown" | "certificate_changed" | "secret_refused" | "secret_missing" | "keyring_locked" | "keyring_absent" | "not_signed_in" | "session_over" | "password_refused" | "too_many_tries" | "not_encrypted" | "no_accounts" | "not_allowed" | "refused" | "unknown_user" | "offline" | "busy" | "dnd" | "declined" | "no_answer" | "cancelled" | "answered_elsewhere" | "peer_lost" | "signaling_down" | "token_refused" | "media_blocked" | "malformed" | "camera_absent" | "camera_refused" | "camera_busy" | "microphone_absent" | "media_trouble" | "no_sound" | "no_notifications" | "no_tray" | "not_now" | "already_running" | "settings_unreadable" | "internal";

/**
 * What a refused or failed command answers. The words shown are the UI's, looked up by `code`.
 */
export type IpcError = { 
/**
 * What happened.
 */
code: ErrorCode, 
/**
 * To what: a login, a host, a device.
 */
subject: string, 
/**
 * A sentence for logs and for the command line, in English; never a secret.
 */
message: string, };

/**
 * State of the OS keyring.
 */
export type KeyringState = "ok" | "locked" | "absent";

/**
 * What a call opens with.
 */
export type Media = "video" | "audio";

/**
 * What happened to the call window's media; drives the call machine.
 */
export type MediaEvent = { "kind": "joined" } | { "kind": "remoteJoined" } | { "kind": "remoteStream" } | { "kind": "remoteMedia" } | { "kind": "remoteLeft" } | { "kind": "reconnecting" } | { "kind": "reconnected" } | { "kind": "disconnected", 
/**
 * openvidu-browser's reason, such as `networkDisconnect`.
 */
reason: string, } | { "kind": "failed", 
/**
 * What failed.
 */
code: ErrorCode, 
/**
 * For the log.
 */
detail: string, };

/**
 * Counters of the call's media, sent once a second and once at the end. They only grow within a call.
 */
export type MediaReport = { 
/**
 * An own stream is being published.
 */
publishing: boolean, 
/**
 * Remote streams subscribed to.
 */
subscribed: number, 
/**
 * Video frames encoded and sent.
 */
frames_sent: number, 
/**
 * Decoded remote video frames that were handed to the picture.
 */
frames_received: number, 
/**
 * Decoded remote audio samples above silence that are not concealment.
 */
audio_received: number, 
/**
 * Audio samples of 48,000 a second that were encoded and sent; 0 when nothing is said and nothing sent.
 */
audio_sent: number, 
/**
 * Bytes of audio sent, RTP payload and headers; in `bytes_sent` as well.
 */
audio_bytes_sent: number, 
/**
 * Bytes of audio received; in `bytes_received` as well.
 */
audio_bytes_received: number, 
/**
 * Bytes sent, RTP payload and headers.
 */
bytes_sent: number, 
/**
 * Bytes received, RTP payload and headers.
 */
bytes_received: number, 
/**
 * Round-trip time to the server in milliseconds, once measured.
 */
rtt_ms: number | null, 
/**
 * What the fake camera and voice of the other side were recognised as; only with `--fake-media`.
 */
recognised: Recognised | null, };

/**
 * Lets the call window join its call through the gateway. The handle in `url` lives as long as the call and is worth
 * nothing outside this process.
 */
export type MediaTicket = { 
/**
 * The token that openvidu-browser is given: `ws://127.0.0.1:PORT?sessionId=HANDLE&token=-`.
 */
url: string, 
/**
 * Own login: the client data of the connection and the mark of the fake camera.
 */
login: string, 
/**
 * Own display name.
 */
name: string, 
/**
 * Open camera and microphone and publish them.
 */
publish: boolean, 
/**
 * Camera and microphone, or microphone only.
 */
media: Media, 
/**
 * Subscribe to what others publish (false for the called side of a `watch` call, where nobody does).
 */
subscribe: boolean, 
/**
 * Test pattern and spoken text instead of devices (`--fake-media`).
 */
fakeMedia: boolean, };

/**
 * Both sides publish, or only the called person does (the tutorial's kind).
 */
export type Mode = "two_way" | "watch";

/**
 * One sentence for the person, with what to do about it. The words are the UI's, looked up by `code`;
 * `subject` and `detail` fill them.
 */
export type Notice = { 
/**
 * Identifies it for dismissal.
 */
id: string, 
/**
 * What happened.
 */
code: ErrorCode, 
/**
 * To what: a login, a host, a device name.
 */
subject: string, 
/**
 * A technical addition for the curious and the log; may be empty.
 */
detail: string, };

/**
 * How a call ended, as the signaling contract spells it.
 */
export type Outcome = "answered" | "missed" | "declined" | "cancelled" | "busy" | "failed";

/**
 * Lets the shim open one peer connection's socket; used once, within 30 s.
 */
export type PeerTicket = { 
/**
 * `ws://127.0.0.1:PORT/peer?handle=HANDLE`.
 */
url: string, };

/**
 * Somebody who can be called.
 */
export type Person = { 
/**
 * Login, `[A-Za-z0-9_-]{1,64}`.
 */
login: string, 
/**
 * Display name, up to 100 characters; the login where there is none.
 */
name: string, 
/**
 * Presence.
 */
status: Presence, 
/**
 * Last time seen online, if the hub says.
 */
lastSeen: number | null, 
/**
 * Kept by this profile itself (contract A), so it can be removed here.
 */
ownContact: boolean, 
/**
 * The embedded server's echo test.
 */
echo: boolean, };

/**
 * Argument of `place_call`.
 */
export type PlaceCall = { 
/**
 * Whom to call.
 */
login: string, 
/**
 * Both ways or watching.
 */
mode: Mode, 
/**
 * Video or audio only.
 */
media: Media, };

/**
 * Presence as the hub spells it.
 */
export type Presence = "offline" | "available" | "busy" | "dnd" | "away" | "unknown";

/**
 * One line of the history.
 */
export type RecentCall = { 
/**
 * The call's id.
 */
callId: string, 
/**
 * Outgoing or incoming.
 */
outgoing: boolean, 
/**
 * The other person's login.
 */
login: string, 
/**
 * The other person's name.
 */
name: string, 
/**
 * When it began to ring.
 */
at: number, 
/**
 * How long people talked, in milliseconds; 0 when nobody answered.
 */
durationMs: number, 
/**
 * `answered`, `missed`, `declined`, `cancelled`, `busy` or `failed`.
 */
outcome: Outcome, };

/**
 * What was read out of decoded pixels and samples, with `--fake-media` only.
 */
export type Recognised = { 
/**
 * Login read from the mark in decoded remote pixels.
 */
picture: string | null, 
/**
 * The mark's counter.
 */
counter: number, 
/**
 * Frames that carried the peer's mark and a higher counter than the one before.
 */
frames: number, 
/**
 * Login whose voice correlates with the decoded remote sound.
 */
voice: string | null, 
/**
 * Longest time between two such frames, in milliseconds.
 */
longest_freeze_ms: number, 
/**
 * Median delay from drawing a frame on the other side to its decoded pixels here, in milliseconds, over the last
 * 900 frames. The mark carries the sender's wall clock, so it means something between two programs on one machine
 * only; `None` until a frame was read.
 */
delay_ms_p50: number | null, 
/**
 * The same, 95th percentile.
 */
delay_ms_p95: number | null, };

/**
 * What the person fills in. The secret and an account's password are not part of it: they are asked for by the core
 * itself (`ask_secret`, `sign_in`), so that they never are in a webview or an IPC message.
 */
export type Setup = { 
/**
 * The hub's address, such as `http://office.example:5001`, or `embedded`.
 */
server: string, 
/**
 * The socket's address where it differs from `server`; empty for the same.
 */
socket: string, 
/**
 * OpenVidu's address, such as `https://office.example:4443`; empty where the hub hands out tokens.
 */
openvidu: string, 
/**
 * Own login.
 */
login: string, 
/**
 * Who makes tokens.
 */
tokens: TokenSource, };

/**
 * The settings as they are.
 */
export type SetupView = { 
/**
 * False until settings were saved once (or given by flags).
 */
ready: boolean, 
/**
 * Current settings.
 */
setup: Setup, 
/**
 * The embedded server is in use.
 */
embedded: boolean, 
/**
 * The keyring holds a secret for this profile.
 */
secretStored: boolean, 
/**
 * Host and port of the OpenVidu whose secret it is; empty while nobody said.
 */
secretFor: string, 
/**
 * The hub in use has accounts, and nobody is signed in.
 */
signIn: boolean, 
/**
 * Who the session in the keyring is for, and where, such as `woman@office.example:5001`; empty while there is none.
 */
accountFor: string, 
/**
 * State of the keyring itself.
 */
keyring: KeyringState, 
/**
 * A certificate that needs a decision.
 */
certificate: CertificateQuestion | null, };

/**
 * `signaling` of `zvonok status --json`.
 */
export type SignalingState = "offline" | "connecting" | "online";

/**
 * State of the signaling connection.
 */
export type SignalingView = { 
/**
 * Where it stands.
 */
state: SignalingState, 
/**
 * Host and port of the hub, for the status line.
 */
server: string, 
/**
 * Whether the hub speaks the extended contract (directory, presence, history).
 */
extended: boolean, };

/**
 * One part of the connection test.
 */
export type TestLine = { 
/**
 * What was tried.
 */
part: TestPart, 
/**
 * None when it works.
 */
problem: ErrorCode | null, 
/**
 * For the curious: version, status, address.
 */
detail: string, };

/**
 * A part of the connection test.
 */
export type TestPart = "signaling" | "certificate" | "openvidu" | "secret";

/**
 * Answer of `test_setup`: one line a part.
 */
export type TestResult = { 
/**
 * Lines in the order tried: signaling, certificate, OpenVidu, secret.
 */
lines: Array<TestLine>, 
/**
 * A certificate that has to be trusted before anything secret is sent.
 */
certificate: CertificateQuestion | null, };

/**
 * Who makes OpenVidu tokens.
 */
export type TokenSource = "openvidu" | "hub";

/**
 * Everything a window needs to draw itself.
 */
export type View = { 
/**
 * The profile's name (`--profile`).
 */
profile: string, 
/**
 * Whether there are settings to work with, and which.
 */
setup: SetupView, 
/**
 * The signaling connection.
 */
signaling: SignalingView, 
/**
 * The signed-in person; absent before the first sign-in.
 */
me: Person | null, 
/**
 * Directory of the hub, or this profile's own contacts where the hub has none.
 */
people: Array<Person>, 
/**
 * Past calls, newest first, 100 at the most.
 */
recent: Array<RecentCall>, 
/**
 * Missed calls that were not looked at yet.
 */
missed: number, 
/**
 * The call that is under way, at most one.
 */
call: CallView | null, 
/**
 * What the person should know or do, newest last.
 */
notices: Array<Notice>, 
/**
 * Whether a status-notifier tray exists; without one, closing the main window needs a word first.
 */
tray: boolean, };
