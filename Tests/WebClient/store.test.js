/** The store itself: who is told of what, and when. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Store } from '../../Sources/WebClient/Client/js/store/store.js';

const reduce = (/** @type {any} */ state, /** @type {any} */ { type, ...change }) => (type === 'set' ? { ...state, ...change } : state);

/** @param {(run: () => void) => void} [schedule] */
const storeOf = (schedule) => new Store(/** @type {any} */ (reduce), /** @type {any} */ ({ value: 0 }), schedule);

/** What the watchers of a store are told. @param {Store} store @param {'watch'|'follow'} how @param {AbortSignal} [signal] */
function told(store, how, signal) {
    const parts = /** @type {any[]} */ ([]);
    store[how]((/** @type {any} */ state) => state.value, (part, before) => parts.push([part, before]), signal);
    return parts;
}

test('who watches is told once a frame of what has become something else; who follows, each time', () => {
    let frame = () => {};
    const store = storeOf((run) => (frame = run));
    const [watched, followed] = [told(store, 'watch'), told(store, 'follow')];
    for (const value of [1, 0, 0, 2]) store.dispatch({ type: 'set', value });
    assert.deepEqual(watched, [[0, undefined]]);
    frame();
    assert.deepEqual(watched, [[0, undefined], [2, 0]]);
    assert.deepEqual(followed, [[0, undefined], [1, 0], [0, 1], [2, 0]]);
    for (const value of [3, 2]) store.dispatch({ type: 'set', value });
    frame();
    assert.deepEqual([watched.length, followed.length], [2, 6]);
});

test('who has left is told nothing, and who fails keeps nobody from hearing', (t) => {
    const failures = /** @type {any[]} */ ([]);
    globalThis.reportError = (error) => failures.push(error);
    t.after(() => Reflect.deleteProperty(globalThis, 'reportError'));
    for (const how of /** @type {const} */ (['watch', 'follow'])) {
        const store = storeOf((run) => run());
        const lifetime = new AbortController();
        const left = told(store, how, lifetime.signal);
        store[how]((/** @type {any} */ state) => state.value, (part) => {
            if (part > 0) throw new Error(how);
        });
        const last = told(store, how);
        lifetime.abort();
        store.dispatch({ type: 'set', value: 1 });
        assert.deepEqual([left.length, last.length], [1, 2]);
    }
    assert.deepEqual(failures.map(({ message }) => message), ['watch', 'follow']);
});

test('a page that was hidden before its frame came is not waited for', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const page = /** @type {any} */ ({ document: { visibilityState: 'visible' }, requestAnimationFrame: () => 1, cancelAnimationFrame: () => {} });
    t.after(() => Object.keys(page).forEach((name) => Reflect.deleteProperty(globalThis, name)));
    Object.assign(globalThis, page);
    const store = storeOf();
    const parts = told(store, 'watch');
    store.dispatch({ type: 'set', value: 1 });
    assert.equal(parts.length, 1);
    t.mock.timers.tick(250);
    assert.equal(parts.length, 2);
});
