// What happens in a session besides publishing: mute, signals, leaving, eviction, tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LIBRARIES, Page, until } from './rig.mjs';
import { stage } from './stage.mjs';

let server, browser;
stage((it) => ({ server, browser } = it));

/** Two who are in one session; the first publishes. */
async function pair({ firstVersion, secondVersion, role } = {}) {
  const session = await server.session();
  const first = await Page.open(browser, server, firstVersion);
  const second = await Page.open(browser, server, secondVersion);
  const firstId = await first.call('join', await server.token(session, { data: 'server data' }), { data: 'client data' });
  const stream = await first.call('publish');
  const secondId = await second.call('join', await server.token(session, { role }));
  await second.until('10 frames', 'flows', 10, 10);
  return { session, first, second, firstId, secondId, stream, close: () => Promise.all([first.close(), second.close()]) };
}

for (const version of Object.keys(LIBRARIES)) {
  test(`mute is told to others and to those who come later (${version})`, async () => {
    const { session, first, second, stream, close } = await pair({ secondVersion: version });
    await first.call('mute', 'video', false);
    await first.call('mute', 'audio', false);
    await second.until('audioActive', 'event', 'streamPropertyChanged');
    await until('both', async () => (await second.call('events', 'streamPropertyChanged')).length >= 2);
    assert.deepEqual(await second.call('remote', stream), {
      audioActive: false, videoActive: false, hasAudio: true, hasVideo: true,
    });
    const late = await Page.open(browser, server, version);
    await late.call('join', await server.token(session), { subscribe: false });
    const { json } = await server.rest('GET', `/sessions/${session}`);
    const publisher = json.connections.content.find((it) => it.publishers.length === 1).publishers[0];
    assert.equal(publisher.mediaOptions.audioActive, false);
    assert.equal(publisher.mediaOptions.videoActive, false);
    await first.call('mute', 'video', true);
    const before = await second.call('media');
    await second.until('pictures again', 'flows', 20, 0, before);
    await late.close();
    await close();
  });

  test(`signals go to everybody or to one (${version})`, async () => {
    const { session, first, second, firstId, secondId, close } = await pair({ secondVersion: version });
    await first.call('signal', 'to all', 'chat');
    const heard = await second.event('signal:chat');
    assert.equal(heard.data, 'to all');
    assert.equal(heard.from, firstId);
    assert.equal((await first.event('signal:chat')).data, 'to all', 'the sender gets it too');
    const { status } = await server.rest('POST', '/signal', { session, to: [secondId], type: 'signal:chat', data: 'rest' });
    assert.equal(status, 200);
    await until('the second one', async () => (await second.call('events', 'signal:chat')).some((it) => it.data === 'rest'));
    assert.equal((await first.call('events', 'signal:chat')).length, 1, 'it was addressed to the other');
    const unknown = await server.rest('POST', '/signal', { session, to: ['con_NOBODY'], data: 'x' });
    assert.equal(unknown.status, 406);
    await close();
  });

  test(`unpublishing and leaving are told to others (${version})`, async () => {
    const { first, second, firstId, stream, close } = await pair({ firstVersion: version });
    await first.call('unpublish');
    assert.deepEqual(
      await second.event('streamDestroyed').then(({ stream, reason }) => ({ stream, reason })),
      { stream, reason: 'unpublish' },
    );
    const again = await first.call('publish');
    assert.notEqual(again, stream, 'a stream id is never used twice');
    await second.until('the new stream', 'flows', 20, 10, await second.call('media'));
    await first.call('leave');
    const gone = await second.event('connectionDestroyed');
    assert.equal(gone.connection, firstId);
    assert.equal(gone.reason, 'disconnect');
    await close();
  });

  test(`a moderator evicts, others may not (${version})`, async () => {
    const { first, second, firstId, secondId, close } = await pair({ secondVersion: version, role: 'MODERATOR' });
    assert.equal(await first.call('forceDisconnectFails', secondId), 'OPENVIDU_PERMISSION_DENIED');
    await second.call('forceUnpublish', firstId);
    assert.equal((await first.event('publisherStreamDestroyed')).reason, 'forceUnpublishByUser');
    await second.call('forceDisconnect', firstId);
    assert.equal((await first.event('sessionDisconnected')).reason, 'forceDisconnectByUser');
    assert.equal((await second.event('connectionDestroyed')).reason, 'forceDisconnectByUser');
    await close();
  });

  test(`REST evicts, and closes a session (${version})`, async () => {
    const { session, first, second, firstId, stream, close } = await pair({ secondVersion: version });
    assert.equal((await server.rest('DELETE', `/sessions/${session}/stream/${stream}`)).status, 204);
    assert.equal((await second.event('streamDestroyed')).reason, 'forceUnpublishByServer');
    assert.equal((await server.rest('DELETE', `/sessions/${session}/connection/${firstId}`)).status, 204);
    assert.equal((await first.event('sessionDisconnected')).reason, 'forceDisconnectByServer');
    assert.equal((await server.rest('DELETE', `/sessions/${session}`)).status, 204);
    assert.equal((await second.event('sessionDisconnected')).reason, 'sessionClosedByServer');
    assert.equal((await server.rest('GET', `/sessions/${session}`)).status, 404);
    await close();
  });
}

test('metadata of client and server reaches the others', async () => {
  const { second, firstId, close } = await pair();
  const created = (await second.call('events', 'connectionCreated')).find((it) => it.connection === firstId);
  assert.equal(created.data, 'client data%/%server data');
  await close();
});

test('a subscriber may not publish', async () => {
  const session = await server.session();
  const page = await Page.open(browser, server);
  await page.call('join', await server.token(session, { role: 'SUBSCRIBER' }));
  assert.equal(await page.call('publishFails'), 'OPENVIDU_PERMISSION_DENIED');
  await page.close();
});

test('a token lets one in, once, and only into its session', async () => {
  const [session, other] = [await server.session(), await server.session()];
  const token = await server.token(session);
  const page = await Page.open(browser, server);
  assert.equal((await page.call('joinFails', token.replace(session, other))).code, 401);
  assert.equal(await page.call('joinFails', token), null);
  const second = await Page.open(browser, server);
  assert.equal((await second.call('joinFails', token)).code, 401);
  assert.equal((await second.call('joinFails', token.replace(session, 'ses_None'))).code, 202);
  assert.equal((await second.call('joinFails', token.replace(/token=.*/, 'token='))).code, 401);
  const revoked = (await server.rest('POST', `/sessions/${session}/connection`)).json;
  await server.rest('DELETE', `/sessions/${session}/connection/${revoked.connectionId}`);
  assert.equal((await second.call('joinFails', revoked.token)).code, 401);
  await page.close();
  await second.close();
});

test('the session ends with its last participant', async () => {
  const { session, first, second, close } = await pair();
  await first.call('leave');
  await second.call('leave');
  await until('the session is gone', async () => (await server.rest('GET', `/sessions/${session}`)).status === 404);
  await close();
});
