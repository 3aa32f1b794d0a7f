/**
 * A click handler that leaves out the further clicks of a double-click: who clicks twice wants one thing, and by the
 * second click another button may stand under the pointer.
 */
export function once<E extends MouseEvent>(handler: (event: E) => unknown): (event: E) => void {
  return (event) => {
    if (event.detail < 2) handler(event);
  };
}
