// Webhooks and records: what is told of a call, spelled as OpenVidu spells it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { Page, SECRET, Server, startBrowser, until } from './rig.mjs';

let server, browser, hook, events, failures;
before(async () => {
  events = [];
  failures = 2;
  hook = http.createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      // The first tries find nobody.
      if (failures > 0) {
        failures -= 1;
        return request.socket.destroy();
      }
      events.push({ headers: request.headers, ...JSON.parse(body) });
      response.writeHead(200).end();
    });
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const args = ['--webhook', `http://127.0.0.1:${hook.address().port}/hook`, '--webhook-header', 'X-Key: abc', '--cdr'];
  server = await Server.start({ args });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  hook?.close();
});

const named = (name) => events.filter((it) => it.event === name);

test('a call is told in order, with everything that OpenVidu tells', async () => {
  const session = await server.session();
  const first = await Page.open(browser, server);
  const one = await first.call('join', await server.token(session, { data: 'server data' }), { data: 'client data' });
  const stream = await first.call('publish');
  const second = await Page.open(browser, server);
  const two = await second.call('join', await server.token(session));
  await second.until('frames', 'flows', 5, 5);
  await second.call('signal', 'hello', 'chat');
  await server.rest('POST', '/signal', { session, type: 'news', data: 'x', to: [one] });
  await server.rest('POST', '/recordings/start', { session, outputMode: 'INDIVIDUAL', name: 'kept' });
  await server.rest('POST', `/recordings/stop/${session}`);
  await second.call('leave');
  await first.call('leave');
  await until('the end is told', () => named('sessionDestroyed').length === 1);
  assert.equal(failures, 0, 'it was tried again');

  assert.deepEqual(events.map((it) => it.event), [
    'sessionCreated', 'participantJoined', 'webrtcConnectionCreated', 'participantJoined', 'webrtcConnectionCreated',
    'signalSent', 'signalSent', 'recordingStatusChanged', 'recordingStatusChanged', 'recordingStatusChanged',
    'webrtcConnectionDestroyed', 'participantLeft', 'webrtcConnectionDestroyed', 'participantLeft', 'sessionDestroyed',
  ]);
  for (const event of events) {
    assert.equal(event.headers['x-key'], 'abc');
    assert.equal(event.headers['content-type'], 'application/json');
    assert.equal(event.sessionId, session);
    assert.match(event.uniqueSessionId, new RegExp(`^${session}_\\d+$`));
    assert.ok(Math.abs(event.timestamp - Date.now()) < 60_000);
  }
  const [joined] = named('participantJoined');
  assert.deepEqual(
    [joined.connectionId, joined.participantId, joined.clientData, joined.serverData, joined.location, joined.ip],
    [one, one, 'client data', 'server data', 'unknown', '127.0.0.1'],
  );
  const [out, into] = named('webrtcConnectionCreated');
  assert.deepEqual([out.connection, out.streamId, out.videoSource, out.audioEnabled, out.videoEnabled], ['OUTBOUND', stream, 'CAMERA', true, true]);
  assert.deepEqual([into.connection, into.streamId, into.receivingFrom, into.connectionId], ['INBOUND', stream, one, two]);
  const [fromClient, fromServer] = named('signalSent');
  assert.deepEqual([fromClient.from, fromClient.type, fromClient.data, fromClient.to.sort()], [two, 'chat', 'hello', [one, two].sort()]);
  assert.deepEqual([fromServer.from, fromServer.type, fromServer.to], [null, 'news', [one]]);
  assert.deepEqual(named('recordingStatusChanged').map((it) => it.status), ['started', 'stopped', 'ready']);
  const [, , ready] = named('recordingStatusChanged');
  assert.deepEqual([ready.id, ready.name, ready.reason, ready.outputMode], [session, 'kept', 'recordingStoppedByServer', 'INDIVIDUAL']);
  assert.ok(ready.size > 0 && ready.startTime > 0);
  const [left] = named('participantLeft');
  assert.deepEqual([left.connectionId, left.reason, Number.isInteger(left.duration)], [two, 'disconnect', true]);
  assert.equal(named('sessionDestroyed')[0].reason, 'lastParticipantLeft');

  const authorization = `Basic ${Buffer.from(`OPENVIDUAPP:${SECRET}`).toString('base64')}`;
  const get = (path, headers = { authorization }) => fetch(`${server.mediaUrl}${path}`, { headers });
  assert.equal((await get('/openvidu/cdr', {})).status, 401);
  const [file, ...others] = await (await get('/openvidu/cdr')).json();
  assert.deepEqual(others, []);
  const text = await (await get(`/openvidu/cdr/${file}`)).text();
  const records = text.trim().split('\n').map((line) => Object.entries(JSON.parse(line)));
  assert.deepEqual(records.map(([[name]]) => name), events.map((it) => it.event), 'the same is kept');
  assert.equal(records[1][0][1].clientData, 'client data');
  assert.equal((await get('/openvidu/cdr/..%2f..%2fsecret')).status, 404);
  await first.close();
  await second.close();
});

test('nobody is told of a participant that nobody sees', async () => {
  const session = await server.session();
  const page = await Page.open(browser, server);
  await page.call('join', await server.token(session));
  await page.call('publish');
  const hidden = await Page.open(browser, server);
  const url = `${server.websocketUrl.replace('/openvidu', '')}?sessionId=${session}&secret=${SECRET}&recorder=true`;
  assert.equal(await hidden.call('join', url), 'RECORDER');
  await hidden.until('it sees', 'flows', 5, 5);
  await hidden.call('leave');
  await page.call('leave');
  const ended = () => named('sessionDestroyed').some((it) => it.sessionId === session);
  await until('the end is told', ended);
  const told = events.filter((it) => it.sessionId === session);
  assert.deepEqual(told.map((it) => it.event), [
    'sessionCreated', 'participantJoined', 'webrtcConnectionCreated', 'webrtcConnectionDestroyed', 'participantLeft', 'sessionDestroyed',
  ]);
  assert.ok(!JSON.stringify(told).includes('RECORDER'));
  await page.close();
  await hidden.close();
});
