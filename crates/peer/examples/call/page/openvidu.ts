/**
 * Unmodified openvidu-browser on top of `ui/lib/peer`: joins with the token of the query, publishes camera and
 * microphone, subscribes to whatever is published. With `fake=NAME` a test picture and voice stand in for devices and
 * are recognised at the other end.
 *
 * Also runs in a browser with a peer connection of its own, as the other side.
 */

import { OpenVidu, type Publisher, type Subscriber } from 'openvidu-browser';
import { Recogniser, fakeCapture } from '../../../../../ui/lib/fake-media/index';
import { installPeerConnection } from '../../../../../ui/lib/peer/index';
import { figures, log, report } from './report';

const query = new URLSearchParams(location.search);
const installed = installPeerConnection(async () => `${query.get('sockets')}?handle=${crypto.randomUUID()}`);

/** The peer connection of a published or subscribed stream. */
function connectionOf(manager: Publisher | Subscriber): RTCPeerConnection | undefined {
  return manager.stream.getRTCPeerConnection() as RTCPeerConnection | undefined;
}

async function run(): Promise<void> {
  log(`installed ${installed}`);
  const began = performance.now();
  const since = () => `after ${Math.round(performance.now() - began)} ms`;
  const library = new OpenVidu();
  library.enableProdMode();
  library.setAdvancedConfiguration({});
  const session = library.initSession();
  const subscribers: Subscriber[] = [];
  const fake = query.get('fake');
  const recogniser = fake === null ? undefined : new Recogniser([fake, query.get('other') ?? fake]);
  session.on('streamCreated', ({ stream }) => {
    log(`stream ${stream.streamId} ${since()}`);
    const subscriber = session.subscribe(stream, 'videos');
    subscriber.on('streamPlaying', () => {
      log(`${stream.streamId} plays ${since()}`);
      recogniser?.follow(stream.getMediaStream());
    });
    subscribers.push(subscriber);
  });
  session.on('exception', (event) => log(`exception ${event.name}: ${event.message}`));
  session.on('sessionDisconnected', (event) => log(`disconnected: ${event.reason}`));
  await session.connect(query.get('token') ?? '');
  log(`joined ${since()}`);
  let publisher: Publisher | undefined;
  const near = () => (publisher === undefined ? undefined : connectionOf(publisher));
  if (query.get('publish') !== 'no') {
    const tracks = fake === null ? undefined : await fakeCapture(fake, { video: true });
    publisher = await library.initPublisherAsync('videos', {
      resolution: '640x480',
      frameRate: 30,
      mirror: false,
      ...(tracks?.video ? { videoSource: tracks.video, audioSource: tracks.audio } : {}),
    });
    log(`devices ${since()}`);
    if (query.get('loopback') === 'yes') publisher.subscribeToRemote();
    await session.publish(publisher);
    log(`published ${since()}`);
    if (query.get('loopback') === 'yes') {
      const tracks =
        near()
          ?.getReceivers()
          .map((receiver) => receiver.track) ?? [];
      recogniser?.follow(new MediaStream(tracks));
    }
  }
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const [subscriber] = subscribers;
    const sent = near();
    const far = query.get('loopback') === 'yes' ? sent : subscriber && connectionOf(subscriber);
    if (recogniser !== undefined) log(`recognised ${JSON.stringify(recogniser.read())}`);
    report({
      near: sent === undefined ? {} : await figures(sent),
      far: far === undefined ? {} : await figures(far),
      width: document.querySelector('video')?.videoWidth ?? 0,
    });
  }
}

run().catch((problem: unknown) =>
  log(`failed: ${problem instanceof Error ? problem.message : JSON.stringify(problem)}`),
);
