import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Observed } from '../testing/observed';
import { PLACE_MS } from './defaults';
import { Places } from './places';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Places, what they ask, and an element of a size that tests change. */
function rig() {
  const asked: unknown[][] = [];
  const answers: ((error: unknown) => void)[] = [];
  const places = new Places({
    sendRequest: (method, params, answered) => {
      asked.push([method, params]);
      answers.push(answered);
    },
  });
  const element = document.createElement('video');
  const size = { width: 640, height: 360 };
  element.getBoundingClientRect = () => ({ ...size }) as DOMRect;
  const resize = (width: number, height: number) => {
    Object.assign(size, { width, height });
    Observed.last.changed();
    vi.advanceTimersByTime(PLACE_MS);
  };
  return { asked, answers, places, element, resize };
}

it('tells the size of a picture, once it stays, and again when it matters', () => {
  const { asked, places, element, resize } = rig();
  places.show('stream', element);
  resize(640, 360);
  expect(asked).toEqual([['showsVideo', { sender: 'stream', width: 640, height: 360 }]]);
  resize(660, 370);
  expect(asked).toHaveLength(1);
  resize(1280, 720);
  resize(0, 0);
  expect(asked.slice(1).map(([, params]) => params)).toEqual([
    { sender: 'stream', width: 1280, height: 720 },
    { sender: 'stream', width: 0, height: 0 },
  ]);
});

it('says nothing of what is not shown any more', () => {
  const { asked, places, element, resize } = rig();
  places.show('stream', element);
  places.forget('stream');
  resize(640, 360);
  expect(asked).toEqual([]);
  places.show('stream', element);
  Observed.last.changed();
  places.close();
  vi.advanceTimersByTime(PLACE_MS);
  expect(asked).toEqual([]);
});

it('tells again what came before the stream was received, and not for ever', () => {
  const { asked, answers, places, element, resize } = rig();
  places.show('stream', element);
  resize(640, 360);
  for (let nth = 1; nth <= 10; nth += 1) {
    answers.at(-1)?.({ code: 105 });
    vi.advanceTimersByTime(PLACE_MS);
    expect(asked).toHaveLength(Math.min(nth + 1, 6));
  }
  answers.at(-1)?.(undefined);
  vi.advanceTimersByTime(PLACE_MS);
  expect(asked).toHaveLength(6);
});
