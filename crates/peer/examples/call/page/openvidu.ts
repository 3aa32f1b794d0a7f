/**
 * Unmodified openvidu-browser on top of `ui/lib/peer`: joins with the token of the query, publishes camera and
 * microphone, subscribes to whatever is published.
 *
 * Also runs in a browser with a peer connection of its own, as the other side.
 */

import { OpenVidu, type Publisher, type Subscriber } from 'openvidu-browser';
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
  session.on('streamCreated', ({ stream }) => {
    log(`stream ${stream.streamId} ${since()}`);
    const subscriber = session.subscribe(stream, 'videos');
    subscriber.on('streamPlaying', () => log(`${stream.streamId} plays ${since()}`));
    subscribers.push(subscriber);
  });
  session.on('exception', (event) => log(`exception ${event.name}: ${event.message}`));
  session.on('sessionDisconnected', (event) => log(`disconnected: ${event.reason}`));
  await session.connect(query.get('token') ?? '');
  log(`joined ${since()}`);
  let publisher: Publisher | undefined;
  if (query.get('publish') !== 'no') {
    publisher = await library.initPublisherAsync('videos', { resolution: '640x480', frameRate: 30, mirror: false });
    log(`devices ${since()}`);
    if (query.get('loopback') === 'yes') publisher.subscribeToRemote();
    await session.publish(publisher);
    log(`published ${since()}`);
  }
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const near = publisher === undefined ? undefined : connectionOf(publisher);
    const [subscriber] = subscribers;
    const far = query.get('loopback') === 'yes' ? near : subscriber && connectionOf(subscriber);
    report({
      near: near === undefined ? {} : await figures(near),
      far: far === undefined ? {} : await figures(far),
      width: document.querySelector('video')?.videoWidth ?? 0,
    });
  }
}

run().catch((problem: unknown) =>
  log(`failed: ${problem instanceof Error ? problem.message : JSON.stringify(problem)}`),
);
