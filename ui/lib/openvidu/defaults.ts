/**
 * Joining: the library's own request limit is 10 s, and where the first socket attempt fails it tries again every 3 s
 * without ever settling; this leaves room for one such attempt.
 */
export const CONNECT_MS = 15_000;
/** Publishing and subscribing: the library's request limit of 10 s, and the time to make an offer. */
export const NEGOTIATE_MS = 15_000;
/**
 * Opening camera and microphone: a person may be looking at a question of the system. With the time for the microphone
 * alone less than the 30 s after which the core gives up a call that nobody joins.
 */
export const CAPTURE_MS = 18_000;
/** Opening the microphone alone, when the camera took all of that time. */
export const MICROPHONE_MS = 5_000;
/** Leaving is a courtesy to the server: nobody waits for it longer than this. */
export const LEAVE_MS = 2_000;
/** How often figures are reported (the contract of `media_report`). */
export const REPORT_MS = 1_000;
/** How often figures are looked at until the first remote picture or sound, so that it is noticed at once. */
export const FIRST_MEDIA_MS = 100;
/** A stream that was taken back may be published anew (a changed camera) before its owner counts as gone. */
export const REPUBLISH_MS = 5_000;
/**
 * No media for so long while some is due means that it is blocked: twice the library's own 4 s for a lost ICE
 * connection, so that its recovery goes first.
 */
export const BLOCKED_MS = 8_000;
/**
 * Media that had been there and stays away for so long will not come back: less than the 30 s that the core gives to
 * restoring a connection, so that what is told is that no media passes, and not that a server is silent.
 */
export const LOST_MS = 25_000;
/** What is asked of a camera. */
export const PICTURE = { width: 640, height: 480, frameRate: 30 } as const;

/** How long a picture's size stays before the server is told: a window that is dragged larger changes all the time. */
export const PLACE_MS = 300;
