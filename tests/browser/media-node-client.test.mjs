// openvidu-node-client, as application servers use it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { SECRET, Server } from './rig.mjs';

const { OpenVidu, OpenViduRole } = (await import('openvidu-node-client')).default;

// It tells what it does on the console.
console.log = () => {};

let server, openvidu;
before(async () => {
  server = await Server.start();
  openvidu = new OpenVidu(server.mediaUrl, SECRET);
});
after(() => server?.stop());

test('sessions are created, listed, fetched and closed', async () => {
  const session = await openvidu.createSession({ customSessionId: 'woman' });
  assert.equal(session.sessionId, 'woman');
  const again = await openvidu.createSession({ customSessionId: 'woman' });
  assert.equal(again.sessionId, 'woman', 'a 409 means that it is there already');
  const anonymous = await openvidu.createSession();
  assert.match(anonymous.sessionId, /^ses_[A-Z][A-Za-z0-9]{9}$/);
  // Another client, since the one above keeps an object for each time it asked.
  const other = new OpenVidu(server.mediaUrl, SECRET);
  await other.fetch();
  assert.deepEqual(other.activeSessions.map((it) => it.sessionId).sort(), [anonymous.sessionId, 'woman'].sort());
  await session.fetch();
  assert.equal(await session.fetch(), false, 'nothing has changed since the last time');
  await session.close();
  await anonymous.close();
  await other.fetch();
  assert.equal(other.activeSessions.length, 0);
});

test('connections are created, listed and revoked', async () => {
  const session = await openvidu.createSession();
  const connection = await session.createConnection({
    role: OpenViduRole.SUBSCRIBER,
    data: 'server data',
    record: false,
    customIceServers: [{ url: 'turn:192.0.2.1:3478', username: 'u', credential: 'c' }],
    kurentoOptions: { videoMaxRecvBandwidth: 1000, allowedFilters: ['GStreamerFilter'] },
  });
  assert.match(connection.token, /^wss:\/\/127\.0\.0\.1:\d+\?sessionId=ses_\w+&token=tok_[A-Z][A-Za-z0-9]{15}$/);
  assert.equal(connection.status, 'pending');
  assert.equal(connection.role, 'SUBSCRIBER');
  assert.equal(connection.serverData, 'server data');
  assert.equal(connection.connectionProperties.record, false);
  assert.equal(connection.connectionProperties.customIceServers[0].url, 'turn:192.0.2.1:3478');
  assert.equal(connection.connectionProperties.kurentoOptions.videoMaxRecvBandwidth, 1000);
  await session.fetch();
  assert.deepEqual(session.connections.map((it) => it.connectionId), [connection.connectionId]);
  await session.forceDisconnect(connection);
  await session.fetch();
  assert.equal(session.connections.length, 0);
  const token = await session.generateToken({ role: OpenViduRole.PUBLISHER });
  assert.match(token, /^wss:/);
  await session.close();
});

test('a wrong secret and unknown names are refused', async () => {
  await assert.rejects(new OpenVidu(server.mediaUrl, 'wrong').fetch(), /401/);
  await assert.rejects(openvidu.createSession({ customSessionId: 'a b' }), /400/);
  const session = await openvidu.createSession();
  await session.close();
  await assert.rejects(session.close(), /404/);
  await assert.rejects(session.createConnection(), /404/);
});
