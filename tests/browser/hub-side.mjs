// What the hub's tests share: sockets and requests as a page and as an app make them.

import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import http from 'node:http';

import { io } from 'socket.io-client';

/** Posts a body as it stands (an object is sent as JSON) and gives status, headers and JSON. */
export async function post(server, path, body, headers = {}) {
  const response = await fetch(`${server.hubUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { http: response.status, headers: response.headers, ...(await response.json()) };
}

/** A request with headers that `fetch` does not let anybody set, such as `Host`. */
export async function raw(server, { method = 'GET', path = '/healthz', headers = {}, body } = {}) {
  const request = http.request({ host: '127.0.0.1', port: server.hubPort, method, path, headers });
  request.end(body);
  const [response] = await once(request, 'response');
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { http: response.statusCode, headers: response.headers, text };
}

/** A connected socket that remembers what it was told. */
export class Peer {
  static async connect(server, options = {}) {
    const socket = io(server.hubUrl, { transports: ['websocket'], forceNew: true, reconnection: false, ...options });
    const peer = new Peer(server, socket);
    socket.onAny((name, payload) => name !== 'presence' && peer.heard.push({ name, ...payload }));
    await once(socket, 'connect');
    return peer;
  }

  /** A page of part A: says `login` and nothing else. */
  static async page(server, login) {
    const peer = await Peer.connect(server);
    peer.login = login;
    peer.socket.emit('login', { login });
    peer.sid = peer.socket.id;
    // Part A does not acknowledge: the hub has taken it once a request of this socket is known.
    for (;;) {
      const answer = await peer.post('/status', { status: 'free' });
      if (answer.code !== 'not_signed_in') return peer;
    }
  }

  /** A device of part B. */
  static async app(server, login, { device = 'pc', last_seq } = {}) {
    const peer = await Peer.connect(server);
    peer.login = login;
    peer.ack = await peer.socket.timeout(5_000).emitWithAck('login', {
      login,
      version: 2,
      device: { id: `${login}-${device}`, name: device, platform: 'linux', app_version: '0' },
      last_seq,
    });
    peer.sid = peer.ack.sid;
    return peer;
  }

  constructor(server, socket) {
    Object.assign(this, { server, socket, heard: [], taken: 0 });
  }

  post(path, body) {
    return post(this.server, path, { sid: this.sid, ...body });
  }

  async get(path, query = {}) {
    const url = new URL(path, this.server.hubUrl);
    url.search = new URLSearchParams({ sid: this.sid, ...query });
    return (await fetch(url)).json();
  }

  /** Rings somebody; gives the answer with the id. */
  async call(login, more = {}) {
    const call_id = more.call_id ?? randomUUID();
    return { call_id, ...(await this.post('/call', { login, call_id, mode: 'two_way', media: 'video', ...more })) };
  }

  /** The next event, which has to be of this name. */
  async hears(name) {
    const deadline = Date.now() + 5_000;
    while (this.heard.length <= this.taken) {
      if (Date.now() > deadline) throw new Error(`${this.login} did not hear ${name}, connected: ${this.socket.connected}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const event = this.heard[this.taken++];
    if (event.name !== name) throw new Error(`${this.login} heard ${JSON.stringify(event)} instead of ${name}`);
    return event;
  }

  /** That nothing more was heard: whatever was on its way has come before the answer to a question asked now. */
  async hearsNothingMore() {
    await this.socket.timeout(5_000).emitWithAck('ring_ack', { call_id: 'none', state: 'shown' });
    const more = this.heard.slice(this.taken);
    if (more.length > 0) throw new Error(`${this.login} also heard ${JSON.stringify(more)}`);
  }

  async leave() {
    const gone = once(this.socket, 'disconnect');
    this.socket.disconnect();
    await gone;
  }
}
