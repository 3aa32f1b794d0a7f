/** What a page may rely on, tried out in the webview: states, errors, muting, replacing and ending. */

import { installPeerConnection } from '../../../../../ui/lib/peer/index';
import { log, report } from './report';

const sockets = new URLSearchParams(location.search).get('sockets');
installPeerConnection(async () => `${sockets}?handle=${crypto.randomUUID()}`);

let failed = 0;

async function check(name: string, what: () => Promise<void> | void): Promise<void> {
  try {
    await what();
    log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    log(`FAILED: ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function equal(seen: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a}, not ${b}`);
}

/** The name of the error that `what` ends in. */
async function refusal(what: () => unknown): Promise<string> {
  try {
    await what();
    return 'none';
  } catch (error) {
    return (error as Error).name;
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no ${what} within ${seconds} s`);
}

async function figure(connection: RTCPeerConnection, type: string, kind: string, name: string): Promise<number> {
  let value = 0;
  (await connection.getStats()).forEach((one: Record<string, unknown>) => {
    if (one['type'] === type && one['kind'] === kind) value = Number(one[name] ?? 0);
  });
  return value;
}

/** Joins two connections; candidates cross as they come. */
async function join(near: RTCPeerConnection, far: RTCPeerConnection): Promise<void> {
  const pass = (to: RTCPeerConnection) => (event: RTCPeerConnectionIceEvent) => {
    if (event.candidate !== null) void to.addIceCandidate(event.candidate);
  };
  near.addEventListener('icecandidate', pass(far));
  far.addEventListener('icecandidate', pass(near));
  const offer = await near.createOffer();
  await near.setLocalDescription(offer);
  await far.setRemoteDescription(offer);
  await far.setLocalDescription(await far.createAnswer());
  await near.setRemoteDescription(far.localDescription as RTCSessionDescription);
}

/** The brightest and the darkest spot of what the remote element shows, 0 to 255. */
function spots(video: HTMLVideoElement): { brightest: number; darkest: number } {
  const canvas = new OffscreenCanvas(160, 120);
  const brush = canvas.getContext('2d');
  brush?.drawImage(video, 0, 0, 160, 120);
  const { data } = brush?.getImageData(0, 0, 160, 120) ?? { data: new Uint8ClampedArray() };
  const green = data.filter((_, index) => index % 4 === 1);
  return { brightest: Math.max(...green), darkest: Math.min(...green) };
}

async function errors(): Promise<void> {
  const pc = new RTCPeerConnection();
  await check('states begin as W3C says', () =>
    equal(
      [pc.signalingState, pc.iceConnectionState, pc.connectionState, pc.iceGatheringState, pc.localDescription],
      ['stable', 'new', 'new', 'new', null],
    ),
  );
  await check('an unknown kind is a TypeError', async () =>
    equal(await refusal(() => pc.addTransceiver('smell')), 'TypeError'),
  );
  await check('an answer to nothing is an InvalidStateError', async () =>
    equal(await refusal(() => pc.setRemoteDescription({ type: 'answer', sdp: 'v=0' })), 'InvalidStateError'),
  );
  await check('a candidate before a description is an InvalidStateError', async () =>
    equal(await refusal(() => pc.addIceCandidate({ candidate: '', sdpMid: '0' })), 'InvalidStateError'),
  );
  await check('a bad offer is an OperationError', async () =>
    equal(await refusal(() => pc.setRemoteDescription({ type: 'offer', sdp: 'nonsense' })), 'OperationError'),
  );
  await check('data channels are a NotSupportedError', async () =>
    equal(await refusal(() => pc.createDataChannel('x')), 'NotSupportedError'),
  );
  const { sender, receiver } = pc.addTransceiver('video', { direction: 'sendrecv' });
  await check('a receiver has a native track at once', () => {
    equal(receiver.track instanceof MediaStreamTrack, true);
    equal(new MediaStream([receiver.track]).getVideoTracks().length, 1);
  });
  await check('the same track later', async () => {
    const before = receiver.track;
    await pc.createOffer();
    equal(receiver.track === before, true);
  });
  await check('parameters are read, changed and set', async () => {
    const parameters = sender.getParameters();
    await sender.setParameters({ ...parameters, degradationPreference: 'balanced' });
    equal(sender.getParameters().degradationPreference, 'balanced');
  });
  await check('old parameters are an InvalidModificationError', async () => {
    const parameters = sender.getParameters();
    sender.getParameters();
    equal(await refusal(() => sender.setParameters(parameters)), 'InvalidModificationError');
  });
  await check('a connection can be turned into JSON', () => equal(typeof JSON.stringify({ pc, sender }), 'string'));
  pc.close();
  await check('after close everything is closed', async () => {
    equal([pc.signalingState, pc.iceConnectionState, pc.connectionState], ['closed', 'closed', 'closed']);
    equal(await refusal(() => pc.createOffer()), 'InvalidStateError');
    equal((await pc.getStats()).size, 0);
  });
}

async function call(): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: true });
  const [camera] = stream.getVideoTracks();
  const [microphone] = stream.getAudioTracks();
  if (camera === undefined || microphone === undefined) throw new Error('no devices');
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  const tracks: string[] = [];
  far.ontrack = ({ track, streams }) => tracks.push(`${track.kind} of ${streams.length}`);
  near.addTransceiver(microphone, { direction: 'sendonly', streams: [stream] });
  const { sender } = near.addTransceiver(camera, { direction: 'sendonly', streams: [stream] });
  await join(near, far);
  const video = document.getElementById('remote') as HTMLVideoElement;
  video.srcObject = new MediaStream(far.getReceivers().map((receiver) => receiver.track));
  const decoded = () => figure(far, 'inbound-rtp', 'video', 'framesDecoded');
  const audible = () => figure(far, 'inbound-rtp', 'audio', 'audibleSamplesReceived');
  /** Waits for `count` more frames. */
  const more = async (count: number) => {
    const before = await decoded();
    const encoded = await figure(near, 'outbound-rtp', 'video', 'framesEncoded');
    const captured = await figure(near, 'outbound-rtp', 'video', 'frames');
    await until(`${count} more frames`, async () => (await decoded()) >= before + count).catch(
      async (error: unknown) => {
        const now = await Promise.all(
          ['frames', 'framesEncoded'].map((name) => figure(near, 'outbound-rtp', 'video', name)),
        );
        throw new Error(`${String(error)}: captured ${captured}, encoded ${encoded}, now ${now.join(', ')}`);
      },
    );
  };

  await check('tracks are announced with their stream', () => equal(tracks, ['audio of 1', 'video of 1']));
  await check('both sides connect', () =>
    until('connection', () => near.connectionState === 'connected' && far.connectionState === 'connected'),
  );
  await check('a picture is shown', async () => {
    await more(30);
    await until('brightness', () => video.videoWidth === 640 && spots(video).brightest > 180);
  });
  await check('sound is heard', () => until('sound', async () => (await audible()) > 24_000));
  await check('a muted camera shows black', async () => {
    camera.enabled = false;
    await until('darkness', () => spots(video).brightest < 40);
  });
  await check('a camera that is on again shows its picture', async () => {
    camera.enabled = true;
    await until('brightness', () => spots(video).brightest > 180);
  });
  await check('a muted microphone is silent, and heard again afterwards', async () => {
    microphone.enabled = false;
    await until('silence', async () => {
      const before = await audible();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return (await audible()) === before;
    });
    microphone.enabled = true;
    const before = await audible();
    await until('sound', async () => (await audible()) > before + 24_000);
  });
  await check('a replaced camera is shown', async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 240];
    const brush = canvas.getContext('2d');
    let colour = 0;
    const painting = setInterval(() => {
      colour = 1 - colour;
      if (brush !== null) brush.fillStyle = colour === 0 ? '#fff' : '#eee';
      brush?.fillRect(0, 0, 320, 240);
    }, 50);
    const [painted] = canvas.captureStream(20).getVideoTracks();
    await sender.replaceTrack(painted ?? null);
    equal(sender.track === painted, true);
    await until('the painted picture', () => video.videoWidth === 320 && spots(video).darkest > 180);
    clearInterval(painting);
    await sender.replaceTrack(camera);
    await until('the camera again', () => video.videoWidth === 640);
  });
  await check('a track of another kind is a TypeError', async () =>
    equal(await refusal(() => sender.replaceTrack(microphone)), 'TypeError'),
  );
  await check('no track sends nothing', async () => {
    await sender.replaceTrack(null);
    await until('no more frames', async () => {
      const before = await decoded();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return (await decoded()) === before;
    });
    await sender.replaceTrack(camera);
    await more(5);
  });
  await check('a stopped camera stops the worker’s clone', async () => {
    const other = await navigator.mediaDevices.getUserMedia({ video: true });
    const [track] = other.getVideoTracks();
    await sender.replaceTrack(track ?? null);
    await more(5);
    track?.stop();
    await until('no more frames', async () => {
      const before = await decoded();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return (await decoded()) === before;
    });
    await sender.replaceTrack(camera);
  });
  await check('the other side notices a goodbye', async () => {
    near.close();
    await until('failure', () => far.iceConnectionState === 'failed', 30);
    far.close();
    equal(far.iceConnectionState, 'closed');
  });
  stream.getTracks().forEach((track) => track.stop());
}

/** Connections come and go without anything being left: the core says so by ending each. */
async function many(): Promise<void> {
  await check('twenty connections come and go', async () => {
    for (let index = 0; index < 20; index += 1) {
      const pc = new RTCPeerConnection();
      pc.addTransceiver('audio', { direction: 'recvonly' });
      pc.addTransceiver('video', { direction: 'recvonly' });
      await pc.setLocalDescription(await pc.createOffer());
      pc.close();
    }
  });
}

await errors();
await call().catch((error: unknown) => {
  failed += 1;
  log(`FAILED: ${String(error)}`);
});
await many();
report({ checks: failed });
