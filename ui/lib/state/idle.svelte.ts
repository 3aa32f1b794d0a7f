/** Whether controls that float over a picture are shown: a while after the pointer moved, always for a keyboard. */
export class Idle {
  /** Nothing moved for a while. */
  idle = $state(false);

  readonly #ms: number;
  #keyboard = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** The pointer moved or pressed: the person is at the pointer. */
  moved(): void {
    this.#keyboard = false;
    this.#wait();
  }

  /** A key was pressed: controls stay, as their focus must be seen. */
  typed(): void {
    this.#keyboard = true;
    clearTimeout(this.#timer);
    this.idle = false;
  }

  /** Begins to wait; the returned function ends it. */
  run(): () => void {
    this.#wait();
    return () => clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.idle = false;
    this.#timer = setTimeout(() => (this.idle = !this.#keyboard), this.#ms);
  }
}
