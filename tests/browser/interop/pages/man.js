/** The tutorial's calling page: it calls by login, joins the called person's session, and only watches. */
import { connect } from './hub.js';
import { join } from './media.js';
import { failed, pressed, show, state, tell } from './page.js';

let call = null;

const refused = (payload) => {
  tell('declined', payload);
  void over('declined');
};
const hub = connect({ declined: refused, decline: refused });

pressed('call', async () => {
  const whom = document.getElementById('whom').value;
  state(`calling ${whom}`);
  const { status, message } = await hub.call(whom);
  if (status !== 0) {
    state(message);
    return;
  }
  show('stop', true);
  call = join({ session: whom, publish: false, subscribe: true, ended: (reason) => void over(reason) });
  await call.ready;
});

pressed('stop', () => over('stopped'));

async function over(reason) {
  const left = call;
  call = null;
  show('stop', false);
  state(reason);
  await left?.leave().catch(failed);
  // Contract A has no request for it: "free" is what ends a call, and a ring that nobody answered yet.
  await hub.free();
  tell('ended', { reason });
}

state('free');
