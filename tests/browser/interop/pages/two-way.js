/** A page that joins a session with a token, sends and receives: what the app is measured beside. */
import { join } from './media.js';
import { failed, pressed, settings, show, state, tell } from './page.js';

let call = null;

async function over(reason) {
  const left = call;
  call = null;
  show('stop', false);
  state(reason);
  await left?.leave().catch(failed);
  tell('ended', { reason });
}

pressed('call', async () => {
  const { session, token } = settings;
  show('stop', true);
  call = join({ session, token, publish: true, subscribe: true, ended: (reason) => void over(reason) });
  await call.ready;
});
pressed('stop', () => over('stopped'));
state('free');
