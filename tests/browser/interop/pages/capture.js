/** What a page sends: the browser's own (fake) devices, or the project's test camera and voice (`npm run build` in `ui`). */
import { settings } from './page.js';

/** openvidu-browser's `videoSource` and `audioSource`, and how to end them. */
export async function captured() {
  if (!settings.fakeMedia) return { sources: {}, stop: () => {} };
  const { fakeCapture } = await import('./windows/fake-media.js');
  const tracks = await fakeCapture(settings.login, { video: true });
  return { sources: { videoSource: tracks.video, audioSource: tracks.audio }, stop: () => tracks.stop() };
}

/** Reads marks and voices of `settings.peer` out of what arrives; null where the test camera was not asked for. */
export async function recogniser() {
  if (!settings.fakeMedia) return null;
  const { Recogniser } = await import('./windows/fake-media.js');
  return new Recogniser([settings.peer, settings.login].filter(Boolean));
}
