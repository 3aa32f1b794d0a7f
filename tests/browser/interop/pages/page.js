/** What every page has: its settings, its lines of text, and whoever watches the page from outside. */

/** What the page's server said: `login`, `hub` (its address), `session`, `peer`, `fakeMedia`. */
export const settings = await (await fetch('settings.json')).json();

const element = (id) => document.getElementById(id);
element('me').textContent = settings.login;

/** Tells a watcher, if there is one, what happened; `at` is milliseconds since 1970. */
export function tell(event, details = {}) {
  globalThis.watcher?.({ event, at: Date.now(), ...details });
}

/** Says in words how things stand. */
export function state(text) {
  element('state').textContent = text;
}

/** Shows or hides a part of the page. */
export function show(id, visible) {
  element(id).hidden = !visible;
}

/** Calls `then` when a button is pressed; what goes wrong is said and told. */
export function pressed(id, then) {
  element(id).addEventListener('click', (event) => {
    event.preventDefault();
    then().catch(failed);
  });
}

/** A failure that a person should see. */
export function failed(error) {
  const message = error instanceof Error ? error.message : JSON.stringify(error);
  state(message);
  tell('failed', { message });
}
