/** A session of OpenVidu as the tutorial uses it. */
import { captured } from './capture.js';
import { Figures } from './figures.js';
import { settings, tell } from './page.js';

/** What is sent: the contract's size and rate, not mirrored. */
const PUBLISHED = { resolution: '640x480', frameRate: 30, mirror: false, publishAudio: true, publishVideo: true };

/** How long a join that is under way may hold up leaving, in milliseconds: the library's `connect` can hang. */
const PATIENCE = 5000;

/**
 * Begins to join `session`. `publish`: sends camera and microphone there; `subscribe`: shows what others send. `ended`
 * is called once when the others are gone or the server closed the session, not after `leave`. The join's own outcome is
 * `ready`.
 */
export function join({ session: name, token, publish, subscribe, ended }) {
  const library = new globalThis.OpenVidu();
  library.enableProdMode();
  const session = library.initSession();
  const figures = new Figures();
  globalThis.figures = () => figures.read();
  let capture = null;
  let over = false;
  const end = (reason) => {
    if (over) return;
    over = true;
    ended(reason);
  };

  session.on('streamCreated', ({ stream }) => {
    tell('stream_created', { session: name });
    if (!subscribe) return;
    const subscriber = session.subscribe(stream, 'videos');
    figures.received(subscriber.stream);
    subscriber.on('videoElementCreated', ({ element }) => figures.shown(element));
    subscriber.on('streamPlaying', () => {
      tell('stream', { from: stream.connection.data, video: stream.hasVideo, audio: stream.hasAudio });
      figures.recognise(subscriber.stream.getMediaStream());
    });
  });
  session.on('streamDestroyed', () => end('stream_destroyed'));
  session.on('connectionDestroyed', () => end('left'));
  session.on('sessionDisconnected', ({ reason }) => end(reason));
  session.on('reconnecting', () => tell('reconnecting'));
  session.on('reconnected', () => tell('reconnected'));
  session.on('exception', ({ name: exception, message }) => tell('exception', { exception, message }));

  const enter = async () => {
    await session.connect(token ?? (await mint(name)), settings.login);
    tell('joined', { session: name, publishing: publish });
    if (!publish || over) return;
    capture = await captured();
    const publisher = await library.initPublisherAsync('videos', { ...PUBLISHED, ...capture.sources });
    await session.publish(publisher);
    figures.sent(publisher.stream);
    tell('published');
  };
  const ready = enter().catch((error) => {
    // Who has left meanwhile does not care why the door stayed shut.
    if (!over) throw error;
  });
  return {
    ready,
    leave: async () => {
      over = true;
      await Promise.race([ready, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
      await figures.stop();
      session.disconnect();
      capture?.stop();
    },
  };
}

async function mint(session) {
  const response = await fetch('token', { method: 'POST', body: JSON.stringify({ session }) });
  if (!response.ok) throw new Error((await response.json()).message);
  return (await response.json()).token;
}
