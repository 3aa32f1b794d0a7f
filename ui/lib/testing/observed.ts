/** Stands in for the observer of sizes, which jsdom lacks since it has no layout: tests say when one has changed. */
export class Observed implements ResizeObserver {
  static last: Observed;
  readonly #changed: ResizeObserverCallback;
  readonly #elements = new Set<Element>();

  constructor(changed: ResizeObserverCallback) {
    this.#changed = changed;
    Observed.last = this;
  }

  observe(element: Element): void {
    this.#elements.add(element);
  }

  unobserve(element: Element): void {
    this.#elements.delete(element);
  }

  disconnect(): void {
    this.#elements.clear();
  }

  changed(): void {
    this.#changed([], this);
  }
}
