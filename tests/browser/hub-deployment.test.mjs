// A hub in front of an OpenVidu deployment that is not its own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import { Peer } from './hub-side.mjs';
import { SECRET, Server, freePort, until } from './rig.mjs';

test('tokens come from the deployment, and its session is closed after the call', async () => {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const binary = process.env.ZVONOK_SERVER_BIN ?? path.join(here, '../../target/debug/zvonok-server');
  const openvidu = await Server.start({ tls: 'off' });
  const hubPort = await freePort();
  const secretFile = path.join(openvidu.dataDir, 'secret');
  await writeFile(secretFile, `${SECRET}\n`);
  const child = spawn(binary, ['--hub-listen', `127.0.0.1:${hubPort}`, '--openvidu', `${openvidu.mediaUrl},${secretFile}`], {
    env: { ...process.env, XDG_DATA_HOME: path.join(openvidu.dataDir, 'hub') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    const hub = { hubUrl: `http://127.0.0.1:${hubPort}`, hubPort };
    const [man, woman] = [await Peer.app(hub, 'man'), await Peer.app(hub, 'woman')];
    assert.ok(!man.ack.roster.some((person) => person.login === 'echo'), 'a real OpenVidu has no echo');
    const { call_id, session } = await man.call('woman');
    await woman.hears('calling');
    assert.equal((await woman.post('/accept', { call_id })).status, 0);
    const token = await man.post('/token', { call_id });
    assert.deepEqual([token.status, token.openvidu, token.role], [0, openvidu.mediaUrl, 'PUBLISHER']);
    assert.match(token.token, /^ws:.*token=tok_/);
    assert.equal((await openvidu.rest('GET', `/sessions/${session}`)).status, 200);
    await woman.post('/hangup', { call_id });
    await until('the session is closed', async () => (await openvidu.rest('GET', `/sessions/${session}`)).status === 404);
    for (const peer of [man, woman]) await peer.leave();
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    await openvidu.stop();
  }
});
