import type { OpenVidu, Publisher, Session, VideoElementEvent } from 'openvidu-browser';
import type { ErrorCode, MediaTicket } from '../ipc/bindings';
import { captureDevices, type Capture } from './capture';
import { DeadlineError, withDeadline } from './deadline';
import { NEGOTIATE_MS, PICTURE } from './defaults';

/** Where the own picture goes. */
interface Place {
  own: HTMLElement;
  words: { own: string };
}

/** This side's stream: devices are opened, published, turned off and on, and given back. No method rejects. */
export class Own {
  readonly #ticket: MediaTicket;
  readonly #place: Place;
  readonly #fail: (code: ErrorCode, reason: unknown) => void;
  #capture: Promise<Capture> | null = null;
  #publisher: Publisher | null = null;
  #microphone = true;
  #camera = true;
  #closed = false;

  /** `fail` hears of what does not work. */
  constructor(ticket: MediaTicket, place: Place, fail: (code: ErrorCode, reason: unknown) => void) {
    this.#ticket = ticket;
    this.#place = place;
    this.#fail = fail;
  }

  /** What is published; null until it is. */
  get publisher(): Publisher | null {
    return this.#publisher;
  }

  /** Begins to open the devices. Only where the ticket lets this side publish: who watches is never asked for a camera. */
  open(): void {
    this.#capture = this.#captured();
  }

  setMicrophone(on: boolean): void {
    this.#microphone = on;
    if (this.#publisher?.stream.hasAudio) this.#publisher.publishAudio(on);
  }

  setCamera(on: boolean): void {
    this.#camera = on;
    if (this.#publisher?.stream.hasVideo) void this.#publisher.publishVideo(on);
  }

  /** Gives the devices back, also those that are still being opened. */
  close(): void {
    this.#closed = true;
    void this.#capture?.then((capture) => capture.stop());
  }

  /** Sends what there is. False when it could not be sent, which was told. */
  async publish(openvidu: OpenVidu, session: Session): Promise<boolean> {
    const capture = await this.#capture;
    if (!capture || this.#closed) return true;
    const { audio, video, problems } = capture;
    for (const { code, detail } of problems) this.#fail(code, detail);
    // Nothing to send: the call goes on with what is received.
    if (!audio && !video) return true;
    if (video) {
      // Movement matters more than sharpness when there is not enough bandwidth for both.
      video.contentHint = 'motion';
      video.addEventListener('ended', () => this.#unplugged());
    }
    try {
      const publisher = await this.#prepare(openvidu, audio, video);
      await withDeadline(session.publish(publisher), NEGOTIATE_MS, 'publishing');
      this.#publisher = publisher;
      // Somebody may have pressed a button in the meantime.
      this.setMicrophone(this.#microphone);
      this.setCamera(this.#camera);
      return true;
    } catch (reason) {
      this.#fail(reason instanceof DeadlineError ? 'media_blocked' : 'not_allowed', reason);
      return false;
    }
  }

  async #prepare(
    openvidu: OpenVidu,
    audio: MediaStreamTrack | null,
    video: MediaStreamTrack | null,
  ): Promise<Publisher> {
    const publisher = await withDeadline(
      openvidu.initPublisherAsync(this.#place.own, {
        audioSource: audio ?? false,
        videoSource: video ?? false,
        publishAudio: this.#microphone,
        publishVideo: this.#camera,
        resolution: `${PICTURE.width}x${PICTURE.height}`,
        frameRate: PICTURE.frameRate,
        insertMode: 'APPEND',
        mirror: false,
      }),
      NEGOTIATE_MS,
      'preparing the own stream',
    );
    publisher.on('videoElementCreated', ({ element }: VideoElementEvent) => {
      element.setAttribute('aria-label', this.#place.words.own);
      element.playsInline = true;
      element.muted = true;
    });
    return publisher;
  }

  async #captured(): Promise<Capture> {
    const { fakeMedia, media, login } = this.#ticket;
    if (!fakeMedia) return captureDevices(media);
    try {
      const { fakeCapture } = await import('../fake-media');
      return { ...(await fakeCapture(login, { video: media === 'video' })), problems: [] };
    } catch (reason) {
      const problems = [{ code: 'camera_absent', detail: `fake camera: ${String(reason)}` } as const];
      return { audio: null, video: null, problems, stop: () => undefined };
    }
  }

  #unplugged(): void {
    if (this.#closed) return;
    this.setCamera(false);
    this.#fail('camera_absent', 'the camera went away');
  }
}
