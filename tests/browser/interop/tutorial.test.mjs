/** Two pages of the tutorial's kind call each other through `zvonok-server`, from an origin that is not the hub's. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LIBRARIES, SECRET, Server } from '../rig.mjs';
import { Room } from './room.mjs';

/** Two seconds of the picture, and a second of sound (samples at 48 kHz), if all is well. */
const SEEN = 50;
const HEARD = 24_000;

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

const deployment = (more) => ({ hub: server.hubUrl, openvidu: server.mediaUrl, secret: SECRET, ...more });

/** Woman and man, both online, with names of this test's own. */
async function both(t, name, library) {
  const room = new Room(t, deployment({ library }));
  const [woman, man] = await Promise.all([room.page('woman', `woman-${name}`), room.page('man', `man-${name}`)]);
  await Promise.all([woman.told('online'), man.told('online')]);
  return { woman, man, room, name };
}

async function accepted({ woman, man, name }) {
  await man.visitor.call(`woman-${name}`);
  await woman.told('calling');
  await woman.visitor.accept();
  return man.figures(
    'decoded frames and audible sound',
    ({ frames_decoded, audio_received }) => frames_decoded >= SEEN && audio_received >= HEARD,
  );
}

for (const library of Object.keys(LIBRARIES)) {
  const short = library.replaceAll('.', '-');

  test(`${library}: the caller sees and hears the called person, and sends nothing`, async (t) => {
    const people = await both(t, `seen-${short}`, library);
    const { woman, man } = people;
    const seen = await accepted(people);
    const { login } = await woman.told('calling');
    assert.equal(login, `man-${people.name}`);
    assert.deepEqual([seen.width, seen.height], [640, 480]);
    assert.ok(seen.frames_painted > 0, 'decoded frames reach the screen');
    assert.deepEqual([seen.frames_sent, seen.bytes_sent], [0, 0], 'the caller publishes nothing');
    const shown = await woman.visitor.figures();
    assert.ok(shown.frames_sent >= SEEN, JSON.stringify(shown));
    assert.equal(shown.frames_decoded, 0, 'the called person watches nobody');

    await man.visitor.stop();
    assert.equal((await man.told('ended')).reason, 'stopped');
    await woman.told('ended');
    assert.equal(await woman.visitor.state(), 'free');
  });

  test(`${library}: the called person hangs up, and can be called again`, async (t) => {
    const people = await both(t, `again-${short}`, library);
    const { woman, man } = people;
    await accepted(people);
    await woman.visitor.stop();
    await Promise.all([woman.told('ended'), man.told('ended')]);

    man.forget();
    woman.forget();
    await accepted(people);
  });
}

test('the caller reads that the called person declined', async (t) => {
  const { woman, man } = await both(t, 'declined');
  await man.visitor.call('woman-declined');
  await woman.told('calling');
  await woman.visitor.decline();
  assert.equal((await man.told('declined')).login, 'woman-declined');
  await man.told('ended');
  assert.equal(await man.visitor.state(), 'declined');
  assert.equal(await woman.visitor.state(), 'free');
});

test('the ringing ends when the caller gives up', async (t) => {
  const { woman, man } = await both(t, 'stopped');
  await man.visitor.call('woman-stopped');
  await woman.told('calling');
  await man.told('joined');
  await man.visitor.stop();
  assert.equal((await woman.told('cancelled')).login, 'man-stopped');
  assert.equal(await woman.visitor.state(), 'free');
});

test('the ringing ends when the caller’s page is closed', async (t) => {
  const { woman, man } = await both(t, 'closed');
  await man.visitor.call('woman-closed');
  await woman.told('calling');
  await man.visitor.close();
  assert.equal((await woman.told('cancelled')).login, 'man-closed');
});

test('somebody in a call is busy for others, and nobody is disturbed', async (t) => {
  const people = await both(t, 'busy');
  await accepted(people);
  const other = await people.room.page('man', 'other-busy');
  await other.told('online');
  await other.visitor.call('woman-busy');
  const { http, status, message } = await other.told('answer', ({ path }) => path === '/call');
  assert.equal(http, 200);
  assert.notEqual(status, 0);
  assert.equal(await other.visitor.state(), message);
  const rings = people.woman.heard.filter(({ event }) => event === 'calling');
  assert.equal(rings.length, 1, 'the woman is not rung during a call');
});

test('a page of contract A is sent contract A’s fields and events only', async (t) => {
  const { woman, man } = await both(t, 'plain');
  await man.visitor.call('woman-plain');
  const { event: _event, at: _at, ...payload } = await woman.told('calling');
  assert.deepEqual(payload, { login: 'man-plain' });
  await man.visitor.stop();
  const { event: _name, at: _time, ...cancelled } = await woman.told('cancelled');
  assert.deepEqual(cancelled, { login: 'man-plain' });
});
