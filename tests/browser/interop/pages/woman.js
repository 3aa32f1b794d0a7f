/** The tutorial's called page: it rings, accepts or declines, and shows itself to the caller. */
import { connect } from './hub.js';
import { join } from './media.js';
import { failed, pressed, settings, show, state, tell } from './page.js';

let caller = null;
let call = null;

const hub = connect({
  calling: (payload) => {
    // Everything the hub sent is told: a page of contract A has no use for more than `login`.
    tell('calling', payload);
    caller = payload.login;
    document.getElementById('caller').textContent = caller;
    show('ring', true);
    state('ringing');
  },
  cancelled: (payload) => {
    tell('cancelled', payload);
    if (payload.login === caller) silence('free');
  },
});

function silence(text) {
  caller = null;
  show('ring', false);
  state(text);
}

pressed('accept', async () => {
  tell('accepting', { login: caller });
  silence('in a call');
  show('stop', true);
  const { status, message } = await hub.busy();
  if (status !== 0) throw new Error(message);
  call = join({ session: settings.login, publish: true, subscribe: false, ended: (reason) => void over(reason) });
  await call.ready;
});

pressed('decline', async () => {
  const refused = caller;
  silence('free');
  await hub.decline(refused);
});

pressed('stop', () => over('stopped'));

async function over(reason) {
  const left = call;
  call = null;
  show('stop', false);
  state('free');
  await left?.leave().catch(failed);
  await hub.free();
  tell('ended', { reason });
}

state('free');
