/** People before their pages, as tests have them. */
import { visit } from './visitor.mjs';

/** How long an event of a page may take, in milliseconds; two browsers share two cores with a server. */
const PATIENCE = 60_000;

/** Opens pages of one deployment, and closes them when the test ends. */
export class Room {
  #test;
  #common;

  /** `common`: what every page shares, see `visit`: `hub`, `openvidu`, `secret`, and perhaps `library`. */
  constructor(test, common) {
    this.#test = test;
    this.#common = common;
  }

  /** Opens a page of a kind for a person. */
  async page(kind, login, more = {}) {
    const person = new Person();
    person.visitor = await visit({ ...this.#common, kind, login, ...more, watcher: (event) => person.hear(event) });
    this.#test.after(() => person.visitor.close());
    return person;
  }
}

/** One page, and what it told so far. */
class Person {
  visitor;
  heard = [];
  #waiting = new Set();

  hear(event) {
    this.heard.push(event);
    for (const look of [...this.#waiting]) look();
  }

  /** Forgets what was told, before the next call. */
  forget() {
    this.heard = [];
  }

  /** The first event of this name, past or to come, that `good` accepts. */
  told(name, good = () => true) {
    return new Promise((resolve, reject) => {
      const done = (finish, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        finish(value);
      };
      const look = () => {
        const found = this.heard.find((event) => event.event === name && good(event));
        if (found) done(resolve, found);
      };
      const timer = setTimeout(() => {
        const said = JSON.stringify(this.heard);
        done(reject, new Error(`waited ${PATIENCE} ms for ${name}; the page told ${said}`));
      }, PATIENCE);
      this.#waiting.add(look);
      look();
    });
  }

  /** The first figures that `good` accepts. */
  async figures(what, good) {
    const until = Date.now() + PATIENCE;
    let last = null;
    while (Date.now() < until) {
      last = await this.visitor.figures();
      if (last && good(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`waited ${PATIENCE} ms for ${what}; the figures are ${JSON.stringify(last)}`);
  }
}
