// A hub that speaks only contract A, as the tutorial's servers do: npm socket.io and plain HTTP, in memory.
// `node plain-hub.mjs [PORT]` prints `{"port": N}`. `GET /seen` gives the bodies it was sent, word for word.

import http from 'node:http';

import { Server } from 'socket.io';

const people = new Map();
const seen = [];

const loginOf = (sid) => [...people].find(([, socket]) => socket.id === sid)?.[0];
const answer = (status, message = '') => ({ status, message });

const routes = {
  '/call': ({ login, sid }) => {
    const caller = loginOf(sid);
    if (!caller) return answer(1, 'Sign in first.');
    const socket = people.get(login);
    if (!socket) return answer(2, `${login} is not there.`);
    if (socket.data.busy) return answer(3, `${login} is busy.`);
    people.get(caller).data.calls = login;
    socket.emit('calling', { login: caller });
    return answer(0);
  },
  '/decline': ({ sid, reciever_login }) => {
    const login = loginOf(sid);
    if (!login) return answer(1, 'Sign in first.');
    people.get(reciever_login)?.emit('declined', { login });
    return answer(0);
  },
  '/status': ({ sid, status }) => {
    const login = loginOf(sid);
    if (!login) return answer(1, 'Sign in first.');
    people.get(login).data.busy = status === 'beasy';
    return answer(0);
  },
};

const server = http.createServer(async (request, response) => {
  const send = (code, body) => {
    response.writeHead(code, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/seen') return send(200, seen);
  let text = '';
  for await (const chunk of request) text += chunk;
  const route = routes[request.url];
  if (!route) return send(404, answer(1, 'Not here.'));
  try {
    const body = JSON.parse(text);
    seen.push({ path: request.url, body });
    send(200, route(body));
  } catch {
    send(400, answer(1, 'Not JSON.'));
  }
});

const io = new Server(server, { cors: { origin: '*' } });
io.on('connection', (socket) => {
  socket.on('login', (body) => {
    seen.push({ event: 'login', body });
    socket.data.login = body.login;
    people.set(body.login, socket);
  });
  socket.on('disconnect', () => {
    const { login, calls } = socket.data;
    if (people.get(login) !== socket) return;
    people.delete(login);
    if (calls) people.get(calls)?.emit('cancelled', { login });
  });
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
// It lives as long as whoever started it.
process.stdin.resume().on('end', () => process.exit(0));
