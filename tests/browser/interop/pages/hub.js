/** Contract A, the client's side, in its own spelling. */
import { settings, tell } from './page.js';

/** Connects, and says who is here after every connect. `on` maps the hub's events to what is done. */
export function connect(on) {
  const socket = globalThis.io(settings.hub, { transports: ['websocket'] });
  socket.on('connect', () => {
    socket.emit('login', { login: settings.login });
    tell('online', { sid: socket.id });
  });
  socket.on('disconnect', (reason) => tell('offline', { reason }));
  for (const [event, then] of Object.entries(on)) socket.on(event, then);

  const post = async (path, body) => {
    const response = await fetch(new URL(path, settings.hub), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...body, sid: socket.id }),
    });
    const answer = await response.json();
    tell('answer', { path, http: response.status, status: answer.status, message: answer.message });
    return answer;
  };
  return {
    call: (login) => post('/call', { login }),
    decline: (caller) => post('/decline', { reciever_login: caller }),
    busy: () => post('/status', { status: 'beasy' }),
    free: () => post('/status', { status: 'free' }),
  };
}
