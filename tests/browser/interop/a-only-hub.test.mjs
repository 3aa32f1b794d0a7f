/** The small hub itself, as two pages use it: no media. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHub } from './a-only-hub.mjs';
import { Room } from './room.mjs';

/** No media server is needed to ring: the pages find none, and the tests ask nothing of it. */
const NO_MEDIA = { openvidu: 'https://127.0.0.1:9', secret: 'none' };

test('a call rings with the caller’s login and nothing else, and a refusal reaches the caller', async (t) => {
  const heard = [];
  const hub = await startHub({ note: (line) => heard.push(line) });
  t.after(() => hub.close());
  const room = new Room(t, { ...NO_MEDIA, hub: hub.url });
  const [woman, man] = await Promise.all([room.page('woman', 'woman'), room.page('man', 'man')]);
  await Promise.all([woman.told('online'), man.told('online')]);

  await man.visitor.call('woman');
  const calling = await woman.told('calling');
  assert.deepEqual({ login: calling.login }, { login: 'man' });
  await woman.visitor.decline();
  assert.equal((await man.told('declined')).login, 'woman');
  assert.equal(await woman.visitor.state(), 'free');

  const asked = heard
    .filter(({ event }) => event === 'request')
    .map(({ path, body }) => [path, Object.keys(body).sort()]);
  assert.deepEqual(asked.slice(0, 2), [
    ['/call', ['login', 'sid']],
    ['/decline', ['reciever_login', 'sid']],
  ]);
});

test('nobody is rung who is not there, and the caller reads why', async (t) => {
  const hub = await startHub();
  t.after(() => hub.close());
  const man = await new Room(t, { ...NO_MEDIA, hub: hub.url }).page('man', 'man');
  await man.told('online');
  await man.visitor.call('nobody');
  await man.told('answer', ({ path, status }) => path === '/call' && status === 1);
  assert.match(await man.visitor.state(), /nobody is not online/);
});
