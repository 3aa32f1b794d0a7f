/**
 * What a site with the tutorial's pages runs: it serves them, and mints the token of a session through OpenVidu's REST
 * with the secret, which the pages never see.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LIBRARIES } from '../rig.mjs';

const PAGES = join(dirname(fileURLToPath(import.meta.url)), 'pages');
/** The built windows: among them the project's test camera and voice, as a module of its own. */
const WINDOWS = join(dirname(fileURLToPath(import.meta.url)), '../../../ui/dist');
const require = createRequire(import.meta.url);

/** OpenVidu answers a REST call well within this, in milliseconds, or is not there. */
const REST_DEADLINE = 10_000;

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

/**
 * Serves the pages on a free port of 127.0.0.1.
 *
 * `openvidu`: its address, `secret`: its secret; `settings`: what `/settings.json` says to the pages; `library`: the
 * version of openvidu-browser.
 */
export async function servePages({ openvidu, secret, settings, library }) {
  const scripts = {
    '/openvidu-browser.js': LIBRARIES[library],
    '/socket.io.js': join(dirname(require.resolve('socket.io-client/package.json')), 'dist/socket.io.js'),
  };
  const handle = async (request, response) => {
    const { pathname } = new URL(request.url, 'http://pages');
    if (request.method === 'POST' && pathname === '/token') {
      let body = '';
      for await (const part of request) body += part;
      const token = await mintToken({ openvidu, secret, session: String(JSON.parse(body).session) });
      return send(response, 200, '.json', JSON.stringify({ token }));
    }
    if (pathname === '/settings.json') return send(response, 200, '.json', JSON.stringify(settings));
    if (pathname.startsWith('/windows/')) return file(response, WINDOWS, pathname.slice('/windows/'.length));
    if (pathname in scripts) return send(response, 200, '.js', await readFile(scripts[pathname]));
    return file(response, PAGES, pathname.slice(1));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error) =>
      send(response, 500, '.json', JSON.stringify({ message: String(error) })),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A token for a session, which is made if it is not there (409 says that it is). */
export async function mintToken({ openvidu, secret, session, role = 'PUBLISHER' }) {
  const made = await post(openvidu, secret, '/openvidu/api/sessions', { customSessionId: session });
  if (made.status !== 200 && made.status !== 409) throw new Error(`OpenVidu answered ${made.status} to a new session`);
  const path = `/openvidu/api/sessions/${encodeURIComponent(session)}/connection`;
  const { status, body } = await post(openvidu, secret, path, { type: 'WEBRTC', role });
  if (status !== 200) throw new Error(`OpenVidu answered ${status} to a new connection`);
  return JSON.parse(body).token;
}

async function post(openvidu, secret, path, body) {
  const response = await fetch(new URL(path, openvidu), {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`OPENVIDUAPP:${secret}`).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REST_DEADLINE),
  });
  return { status: response.status, body: await response.text() };
}

async function file(response, folder, name) {
  const path = normalize(join(folder, name));
  if (!path.startsWith(folder + sep)) return send(response, 404, '.json', '{}');
  const content = await readFile(path).catch(() => null);
  return content === null ? send(response, 404, '.json', '{}') : send(response, 200, extname(path), content);
}

function send(response, status, extension, content) {
  response.writeHead(status, { 'Content-Type': TYPES[extension] ?? 'application/json', 'Cache-Control': 'no-store' });
  response.end(content);
}
