/** The time of day for what a window shows; read it inside an effect or a template only. */
export class Clock {
  now = $state(Date.now());

  /** Ticks every `ms` until the returned function is called. */
  run(ms: number): () => void {
    const timer = setInterval(() => (this.now = Date.now()), ms);
    return () => clearInterval(timer);
  }
}
