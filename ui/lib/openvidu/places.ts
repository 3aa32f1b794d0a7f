import { PLACE_MS } from './defaults';

/** The part of openvidu-browser that its types keep private: a request of any method. */
export interface Asking {
  sendRequest(method: string, params: object, answered: (error: unknown) => void): void;
}

/** Sides that differ by less than a tenth are the same place. */
const SAME = 0.1;

/** Where a stream is shown, what was told of it last, and how often it was refused. */
interface Place {
  streamId: string;
  told: [number, number] | null;
  refused: number;
}

/** So often a place is told again that the server did not take: the stream may be about to be received. */
const TRIES = 5;

/**
 * Tells the server how large remote pictures are shown, so that none are sent that are much larger. Of a server that does
 * not want to know the core's gateway keeps it.
 */
export class Places {
  readonly #asking: Asking;
  readonly #places = new Map<Element, Place>();
  readonly #observer: ResizeObserver;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(asking: Asking) {
    this.#asking = asking;
    this.#observer = new ResizeObserver(() => this.#soon());
  }

  /** A stream is shown in that element until it is forgotten. */
  show(streamId: string, element: Element): void {
    this.#places.set(element, { streamId, told: null, refused: 0 });
    this.#observer.observe(element);
  }

  forget(streamId: string): void {
    for (const [element, place] of this.#places) {
      if (place.streamId !== streamId) continue;
      this.#observer.unobserve(element);
      this.#places.delete(element);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.#places.clear();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), PLACE_MS);
  }

  #tell(): void {
    for (const [element, place] of this.#places) {
      const { width, height } = element.getBoundingClientRect();
      const size: [number, number] = [pixels(width), pixels(height)];
      if (place.told && same(place.told[0], size[0]) && same(place.told[1], size[1])) continue;
      place.told = size;
      const params = { sender: place.streamId, width: size[0], height: size[1] };
      // Nothing depends on it: a larger picture than needed is one all the same.
      this.#asking.sendRequest('showsVideo', params, (error) => {
        if (!error || this.#places.get(element) !== place || ++place.refused > TRIES) return;
        place.told = null;
        this.#soon();
      });
    }
  }
}

/** Of the device, as many as the server takes. */
function pixels(side: number): number {
  return Math.min(Math.round(side * devicePixelRatio), 65_535);
}

function same(one: number, other: number): boolean {
  return Math.abs(one - other) <= Math.max(one, other) * SAME;
}
