/**
 * A signaling server as the tutorial has it: contract A and nothing more. No answer to `login`, no directory, no call
 * ids, no fields but those of the contract's table. Zvonok's own server is not used, so that a mistake in our reading of
 * the contract cannot hide on both sides.
 *
 * As a program: `node a-only-hub.mjs [--decline-event decline] [--silent-cancel]` prints one JSON line
 * `{"event":"listening","url":"http://127.0.0.1:PORT"}`, then one line for everything that it was told or that it said,
 * and ends when its standard input ends.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Server } from 'socket.io';

/** Bytes of a request's body; the contract's longest is far below. */
const LONGEST_BODY = 4096;

/**
 * Starts the hub on a free port of 127.0.0.1.
 *
 * `declineEvent`: what the caller is told of a refusal by (the tutorial's servers say either `declined` or `decline`).
 * `cancels`: whether the called person is told that the caller went away; the tutorial leaves that open.
 * `note`: is told every request and every event, for tests that assert what was said.
 */
export async function startHub({ declineEvent = 'declined', cancels = true, note = () => {} } = {}) {
  const hub = new Hub({ declineEvent, cancels, note });
  const http = createServer((request, response) => void answer(hub, request, response));
  const io = new Server(http, { cors: { origin: true } });
  io.on('connection', (socket) => hub.welcome(socket));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${http.address().port}`,
    online: () => hub.online(),
    close: () => io.close(),
  };
}

class Hub {
  #options;
  #sockets = new Map(); // login -> socket; the last login wins, as the tutorial's table of sockets has it
  #busy = new Set();
  #ringing = new Map(); // caller's login -> called login

  constructor(options) {
    this.#options = options;
  }

  online() {
    return [...this.#sockets.keys()].toSorted();
  }

  welcome(socket) {
    socket.on('login', (said) => {
      const login = String(said?.login ?? '');
      this.#options.note({ event: 'login', said });
      if (!login) return;
      socket.data.login = login;
      this.#sockets.set(login, socket);
      this.#busy.delete(login);
    });
    socket.on('disconnect', () => {
      const { login } = socket.data;
      if (login === undefined || this.#sockets.get(login) !== socket) return;
      this.#options.note({ event: 'gone', login });
      this.#sockets.delete(login);
      this.#busy.delete(login);
      this.#giveUp(login);
    });
  }

  /** The answer to a request, or null where there is no such request. */
  handle(path, body) {
    this.#options.note({ event: 'request', path, body });
    const me = this.#loginOf(body.sid);
    if (me === undefined) return failure('Send login first, and your own socket id as sid.');
    if (path === '/call') return this.#call(me, String(body.login));
    if (path === '/decline') return this.#decline(me, String(body.reciever_login));
    if (path === '/status') return this.#status(me, body.status);
    return null;
  }

  #call(me, login) {
    if (!this.#sockets.has(login)) return failure(`${login} is not online.`);
    if (this.#busy.has(login)) return failure(`${login} is in a call.`);
    this.#ringing.set(me, login);
    this.#say(login, 'calling', { login: me });
    return success();
  }

  #decline(me, caller) {
    if (this.#ringing.get(caller) === me) this.#ringing.delete(caller);
    this.#say(caller, this.#options.declineEvent, { login: me });
    return success();
  }

  #status(me, status) {
    if (status === 'beasy') {
      this.#busy.add(me);
      for (const [caller, called] of this.#ringing) if (called === me) this.#ringing.delete(caller);
      return success();
    }
    if (status !== 'free') return failure(`"${status}" is no status.`);
    this.#busy.delete(me);
    this.#giveUp(me);
    return success();
  }

  #giveUp(caller) {
    const called = this.#ringing.get(caller);
    if (called === undefined) return;
    this.#ringing.delete(caller);
    if (this.#options.cancels) this.#say(called, 'cancelled', { login: caller });
  }

  #loginOf(sid) {
    for (const [login, socket] of this.#sockets) if (typeof sid === 'string' && socket.id === sid) return login;
    return undefined;
  }

  #say(login, event, payload) {
    this.#options.note({ event: 'said', to: login, name: event, payload });
    this.#sockets.get(login)?.emit(event, payload);
  }
}

const success = () => ({ status: 0, message: 'ok' });
const failure = (message) => ({ status: 1, message });

async function answer(hub, request, response) {
  const headers = {
    'Access-Control-Allow-Origin': request.headers.origin ?? '*',
    'Access-Control-Allow-Headers': 'content-type',
    'Access-Control-Allow-Methods': 'POST',
    'Content-Type': 'application/json',
  };
  if (request.method === 'OPTIONS') {
    response.writeHead(204, headers).end();
    return;
  }
  const body = request.method === 'POST' ? await json(request) : null;
  const result = body && hub.handle(new URL(request.url, 'http://hub').pathname, body);
  response.writeHead(body === undefined ? 400 : result ? 200 : 404, headers);
  response.end(JSON.stringify(result ?? { status: 1, message: 'There is nothing here.' }));
}

/** The body as an object; undefined where it is something else. */
async function json(request) {
  let text = '';
  for await (const part of request) {
    text += part;
    if (text.length > LONGEST_BODY) return undefined;
  }
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { 'decline-event': { type: 'string' }, 'silent-cancel': { type: 'boolean' } },
  });
  const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const hub = await startHub({
    declineEvent: values['decline-event'],
    cancels: values['silent-cancel'] !== true,
    note: print,
  });
  print({ event: 'listening', url: hub.url });
  process.stdin.resume().once('end', () => void hub.close());
}
