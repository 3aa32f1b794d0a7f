import type { Subscriber } from 'openvidu-browser';
import { Heard } from './heard';
import { sampleOf, type Ledger, type Sample } from './ledger';

/** What a subscriber's connection counts beside frames and audible sound. */
const RECEIVING = ['bytesSent', 'bytesReceived', 'audioBytesReceived', 'packetsReceived', 'packetsLost'] as const;

/** One stream of somebody else: its picture, and what was really decoded of it. */
export class Remote {
  readonly subscriber: Subscriber;
  /** The element that openvidu-browser made for it. */
  element: HTMLVideoElement | null = null;

  readonly #heard = new Heard();
  /** The picture had something to show at least once, so decoded frames reach it. */
  #shown = false;

  constructor(subscriber: Subscriber) {
    this.subscriber = subscriber;
  }

  get stream(): MediaStream | null {
    return this.subscriber.stream.getMediaStream() ?? null;
  }

  /** Its owner sends something that can be expected to arrive. */
  get active(): boolean {
    return this.speaks || this.shows;
  }

  /** Its owner has a camera on. */
  get shows(): boolean {
    const { hasVideo, videoActive } = this.subscriber.stream;
    return hasVideo && videoActive;
  }

  /** Its owner has a microphone on. */
  get speaks(): boolean {
    const { hasAudio, audioActive } = this.subscriber.stream;
    return hasAudio && audioActive;
  }

  /** There is a picture to be seen now. */
  get picture(): boolean {
    return this.shows && this.#shown;
  }

  /** Takes this moment's figures into `ledger`; null where there is no connection to ask. */
  async measure(ledger: Ledger): Promise<Sample | null> {
    const connection = this.subscriber.stream.getRTCPeerConnection() as RTCPeerConnection | undefined;
    if (!connection || connection.signalingState === 'closed') return null;
    const sample = sampleOf(await connection.getStats());
    ledger.addAll(connection, sample, RECEIVING);

    // requestVideoFrameCallback stops in a hidden window; what was decoded once the picture is up was handed to it.
    this.#shown ||= (this.element?.readyState ?? 0) >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (this.#shown) ledger.add(connection, 'framesDecoded', sample.framesDecoded);

    // Our own connection tells exactly what was audible; of a browser's it follows from the energy of its sound.
    ledger.add(connection, 'audible', sample.audible ?? this.#heard.after(connection, sample.sound));
    return sample;
  }
}
