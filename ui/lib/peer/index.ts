/**
 * A peer connection for webviews that have none.
 *
 * `installPeerConnection` puts a W3C-shaped `RTCPeerConnection` (and the constructors that go with it) in place; the
 * webview captures, encodes, decodes and shows, and the core does the transport and the voice. See `crates/peer`.
 */

import { PeerConnection, setSocketSource } from './connection';
import { IceCandidate, PeerConnectionIceEvent, SessionDescription, StatsReport, TrackEvent } from './descriptions';
import { prepareWorker } from './link';
import { installTrackWatching } from './tracks';
import { RtpReceiver, RtpSender, RtpTransceiver } from './transceiver';

const CONSTRUCTORS = {
  RTCPeerConnection: PeerConnection,
  RTCSessionDescription: SessionDescription,
  RTCIceCandidate: IceCandidate,
  RTCPeerConnectionIceEvent: PeerConnectionIceEvent,
  RTCTrackEvent: TrackEvent,
  RTCStatsReport: StatsReport,
  RTCRtpSender: RtpSender,
  RTCRtpReceiver: RtpReceiver,
  RTCRtpTransceiver: RtpTransceiver,
};

/**
 * Installs it, unless the webview has its own: then nothing is changed and `false` is returned.
 *
 * `openSocketUrl` is asked once for each connection for the address of a socket to the core, handle included.
 */
export function installPeerConnection(openSocketUrl: () => Promise<string>): boolean {
  if ('RTCPeerConnection' in globalThis) return false;
  setSocketSource(openSocketUrl);
  installTrackWatching(MediaStreamTrack.prototype);
  prepareWorker();
  for (const [name, value] of Object.entries(CONSTRUCTORS)) {
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(value.prototype, Symbol.toStringTag, { value: name, configurable: true });
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return true;
}
