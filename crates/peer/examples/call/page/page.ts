/**
 * The example's page: two peer connections of this very page, joined to each other, camera and microphone on one of
 * them, picture and sound on the other. It uses nothing but `ui/lib/peer`.
 */

import { installPeerConnection } from '../../../../../ui/lib/peer/index';
import { figures, log, report } from './report';

const sockets = new URLSearchParams(location.search).get('sockets');
const installed = installPeerConnection(async () => `${sockets}?handle=${crypto.randomUUID()}`);

async function media(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    video: {
      width: { ideal: 640 },
      height: { ideal: 480 },
      frameRate: { ideal: 30 },
    },
    audio: true,
  });
}

function element(id: string): HTMLVideoElement {
  return document.getElementById(id) as HTMLVideoElement;
}

async function run(): Promise<void> {
  log(`installed ${installed}, secure ${isSecureContext}`);
  const began = performance.now();
  const stream = await media();
  log(`devices after ${Math.round(performance.now() - began)} ms`);
  element('own').srcObject = stream;

  const near = new RTCPeerConnection({ iceServers: [] });
  const far = new RTCPeerConnection({ iceServers: [] });
  near.addEventListener('icecandidate', ({ candidate }) => void far.addIceCandidate(candidate ?? undefined));
  far.addEventListener('icecandidate', ({ candidate }) => void near.addIceCandidate(candidate ?? undefined));
  for (const [name, connection] of Object.entries({ near, far })) {
    connection.addEventListener('connectionstatechange', () => log(`${name} is ${connection.connectionState}`));
  }
  for (const track of stream.getTracks()) near.addTransceiver(track, { direction: 'sendonly', streams: [stream] });

  const offer = await near.createOffer();
  await near.setLocalDescription(offer);
  await far.setRemoteDescription(offer);
  await far.setLocalDescription(await far.createAnswer());
  await near.setRemoteDescription(far.localDescription as RTCSessionDescription);
  const remote = new MediaStream(far.getReceivers().map((receiver) => receiver.track));
  element('remote').srcObject = remote;
  element('remote').addEventListener('playing', () => log(`plays after ${Math.round(performance.now() - began)} ms`), {
    once: true,
  });
  log(`negotiated after ${Math.round(performance.now() - began)} ms`);

  const control = new Map<string, () => void>([
    ['mute', () => stream.getTracks().forEach((track) => (track.enabled = false))],
    ['unmute', () => stream.getTracks().forEach((track) => (track.enabled = true))],
    ['close', () => [near, far].forEach((connection) => connection.close())],
  ]);
  Object.assign(window, { control: (what: string) => control.get(what)?.() });

  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (near.signalingState === 'closed') return report({ closed: true });
    report({
      near: await figures(near),
      far: await figures(far),
      width: element('remote').videoWidth,
    });
  }
}

run().catch((problem: unknown) => log(`failed: ${String(problem)}`));
