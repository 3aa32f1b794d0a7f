// What `cargo xtask bench server` puts beside the hub: contract A on npm's socket.io, with the look-ups that its load
// asks for made by tables, WebSockets only and heartbeats as often as the hub's.
// `node bench-hub.mjs [PORT]` prints `{"port": N}`.

import http from 'node:http';

import { Server } from 'socket.io';

/** Sockets by login, logins by the socket's id. */
const people = new Map();
const logins = new Map();

const answer = (status, message = '') => ({ status, message });

const routes = {
  '/call': ({ login, sid }) => {
    const caller = logins.get(sid);
    if (!caller) return answer(1, 'Sign in first.');
    const socket = people.get(login);
    if (!socket) return answer(2, `${login} is not there.`);
    people.get(caller).data.calls = login;
    socket.emit('calling', { login: caller });
    return answer(0);
  },
  '/decline': ({ sid, reciever_login }) => {
    const login = logins.get(sid);
    if (!login) return answer(1, 'Sign in first.');
    const caller = people.get(reciever_login);
    if (caller?.data.calls === login) {
      caller.data.calls = undefined;
      caller.emit('declined', { login });
    }
    return answer(0);
  },
};

const server = http.createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const route = routes[request.url];
  const [code, body] = route ? [200, route(JSON.parse(text))] : [404, answer(1, 'Not here.')];
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});

const io = new Server(server, { transports: ['websocket'], pingInterval: 15_000, pingTimeout: 10_000 });
io.on('connection', (socket) => {
  socket.on('login', ({ login }) => {
    socket.data.login = login;
    logins.set(socket.id, login);
    people.set(login, socket);
  });
  socket.on('disconnect', () => {
    const { login, calls } = socket.data;
    logins.delete(socket.id);
    if (people.get(login) !== socket) return;
    people.delete(login);
    if (calls) people.get(calls)?.emit('cancelled', { login });
  });
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
