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

/** Somebody outside the window (the tray, a command line) turned a device on or off. */
export type CallControl = { kind: 'microphone' | 'camera'; on: boolean };

/** Ends a subscription. */
export type Unlisten = () => void;

/**
 * Everything a window can ask of the core. Each window's capability allows a part of it only; what is not allowed
 * rejects. Commands answer acceptance, their effects arrive as a new {@link View}. Rejections are {@link IpcError}.
 */
export interface Backend {
  getView(): Promise<View>;
  onView(handler: (view: View) => void): Promise<Unlisten>;
  onCallControl(handler: (control: CallControl) => void): Promise<Unlisten>;

  placeCall(call: PlaceCall): Promise<void>;
  stopCall(): Promise<void>;
  testSetup(setup: Setup): Promise<TestResult>;
  saveSetup(setup: Setup): Promise<void>;
  tryHere(): Promise<void>;
  /** The core asks for the secret in a window of its own; true when one is stored afterwards. */
  askSecret(openvidu: string): Promise<boolean>;
  forgetSecret(): Promise<void>;
  /** The core asks for the password in a window of its own; true when somebody is signed in afterwards. */
  signIn(setup: Setup): Promise<boolean>;
  /** Of the session of that form, which may not be saved; rejects where there is none. */
  signOut(setup: Setup): Promise<void>;
  trustCertificate(host: string, fingerprint: string): Promise<void>;
  dismissNotice(id: string): Promise<void>;
  addContact(login: string, name: string): Promise<void>;
  removeContact(login: string): Promise<void>;
  markMissedSeen(): Promise<void>;
  unlockKeyring(): Promise<void>;

  acceptCall(media: Media): Promise<void>;
  declineCall(message: string | null): Promise<void>;
  /** Puts the ring window away and silences the ringtone here; the caller goes on waiting. */
  dismissRing(): Promise<void>;

  mediaTicket(): Promise<MediaTicket>;
  /** Address of a socket for one peer connection, used once, within 30 s. */
  peerSocketUrl(): Promise<string>;
  mediaEvent(event: MediaEvent): Promise<void>;
  mediaReport(report: MediaReport): Promise<void>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
}

/** What a rejected command says; anything that is not an {@link IpcError} is a defect of ours. */
export function toIpcError(reason: unknown): IpcError {
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'subject' in reason)
    return reason as IpcError;
  const message = reason instanceof Error ? reason.message : String(reason);
  return { code: 'internal', subject: '', message };
}
