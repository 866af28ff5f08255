/** Another day, or another minute, is told once, when midnight comes or when one looks at the page again, and nobody is kept awake for it. */

import assert from 'node:assert/strict';
import test from 'node:test';

const clock = '../../Sources/WebClient/Client/js/ui/clock.js';

test('a new day is told at midnight while one looks, else when one looks again, once, until the view ends', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: new Date(2026, 2, 3, 23, 59, 0).getTime() });
    const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    /** @type {any} */ (globalThis).document = page;
    const { onNewDay } = await import(clock);
    const lifetime = new AbortController();
    const told = /** @type {string[]} */ ([]);
    onNewDay(() => told.push('one'), lifetime.signal);
    onNewDay(() => told.push('other'), new AbortController().signal);
    mock.timers.tick(59_000);
    assert.deepEqual(told, []);
    mock.timers.tick(2_000);
    assert.deepEqual(told, ['one', 'other']);
    page.visibilityState = 'hidden';
    page.dispatchEvent(new Event('visibilitychange'));
    mock.timers.tick(48 * 3_600_000);
    assert.deepEqual(told, ['one', 'other']);
    page.visibilityState = 'visible';
    page.dispatchEvent(new Event('visibilitychange'));
    assert.deepEqual(told, ['one', 'other', 'one', 'other']);
    page.dispatchEvent(new Event('visibilitychange'));
    assert.equal(told.length, 4);
    lifetime.abort();
    mock.timers.tick(24 * 3_600_000);
    assert.deepEqual(told, ['one', 'other', 'one', 'other', 'other']);
});

test('a hundred rows that say minutes have one timer', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: new Date(2026, 2, 3, 12, 0, 30).getTime() });
    /** @type {any} */ (globalThis).document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const { onNewMinute } = await import(clock);
    const lifetime = new AbortController();
    let told = 0;
    const pending = () => running;
    let running = 0;
    const { setTimeout: real, clearTimeout: clear } = globalThis;
    mock.method(globalThis, 'setTimeout', (/** @type {any} */ ...given) => ((running += 1), real(...given)));
    mock.method(globalThis, 'clearTimeout', (/** @type {any} */ timer) => (timer !== undefined && (running -= 1), clear(timer)));
    for (let row = 0; row < 100; row += 1) onNewMinute(() => (told += 1), lifetime.signal);
    told = 0;
    assert.equal(pending(), 1);
    mock.timers.tick(29_000);
    assert.equal(told, 0);
    mock.timers.tick(2_000);
    assert.equal(told, 100);
    lifetime.abort();
    mock.timers.tick(120_000);
    assert.equal(told, 100);
});
