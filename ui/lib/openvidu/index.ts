/** The only room that uses openvidu-browser. */
export { MediaSession, type Surroundings } from './session';
export type { MediaState } from './figures';
export type { Quality } from './quality';
