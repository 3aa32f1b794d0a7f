/**
 * A test camera and a test voice in place of devices, and their recognition at the other end (`--fake-media`). All
 * behind the capture is the real path. Plain test pages use this module too: it needs nothing of the app.
 */
export { fakeCapture, type FakeTracks } from './source';
export { Recogniser } from './recogniser';
