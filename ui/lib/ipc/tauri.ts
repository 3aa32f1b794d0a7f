import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Backend } from './backend';
import type { MediaTicket, PeerTicket, TestResult, View } from './bindings';

/** The Rust core behind Tauri's IPC; the only place that knows the commands' wire names. */
export const tauriBackend: Backend = {
  getView: () => invoke<View>('get_view'),
  onView: (handler) => listen<View>('view', (event) => handler(event.payload)),
  onCallControl: (handler) =>
    listen<{ kind: 'microphone' | 'camera'; on: boolean }>('call_control', (event) => handler(event.payload)),

  placeCall: (call) => invoke('place_call', { call }),
  stopCall: () => invoke('stop_call'),
  testSetup: (setup) => invoke<TestResult>('test_setup', { setup }),
  saveSetup: (setup) => invoke('save_setup', { setup }),
  tryHere: () => invoke('try_here'),
  askSecret: (openvidu) => invoke<boolean>('ask_secret', { openvidu }),
  forgetSecret: () => invoke('forget_secret'),
  signIn: (setup) => invoke<boolean>('sign_in', { setup }),
  signOut: (setup) => invoke('sign_out', { setup }),
  trustCertificate: (host, fingerprint) => invoke('trust_certificate', { host, fingerprint }),
  dismissNotice: (id) => invoke('dismiss_notice', { id }),
  addContact: (login, name) => invoke('add_contact', { login, name }),
  removeContact: (login) => invoke('remove_contact', { login }),
  markMissedSeen: () => invoke('mark_missed_seen'),
  unlockKeyring: () => invoke('unlock_keyring'),

  acceptCall: (media) => invoke('accept_call', { media }),
  declineCall: (message) => invoke('decline_call', { message }),
  dismissRing: () => invoke('dismiss_ring'),

  mediaTicket: () => invoke<MediaTicket>('media_ticket'),
  peerSocketUrl: async () => (await invoke<PeerTicket>('peer_ticket')).url,
  mediaEvent: (event) => invoke('media_event', { event }),
  mediaReport: (report) => invoke('media_report', { report }),
  setMicrophone: (on) => invoke('set_microphone', { on }),
  setCamera: (on) => invoke('set_camera', { on }),
};
