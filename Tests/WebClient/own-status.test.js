/** As what one is seen: told to the homeserver, whose word alone makes it so. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { OwnStatus } from '../../Sources/WebClient/Client/js/connection/own-status.js';
import { Clock } from './fixtures.js';

/** @param {boolean} [isLive] */
function told(isLive = true) {
    const clock = new Clock();
    const sent = /** @type {any[]} */ ([]);
    const own = new OwnStatus((frame) => (sent.push(frame), isLive), clock.setTimer, clock.clearTimer);
    return { own, sent, clock };
}

const changed = (/** @type {string} */ status) => ({ type: 'own-status-changed', status, show_last_seen: true, s: 1 });

test('it is done when the homeserver says so, and not when it says something else', async () => {
    const { own, sent, clock } = told();
    let isDone = false;
    const done = own.set('invisible').then(() => (isDone = true));
    own.onFrame(changed('online'));
    own.onFrame({ type: 'error', code: 'invalid', message: '', ref_type: 'mark-read' });
    await clock.pass(9_000);
    assert.equal(isDone, false);
    own.onFrame(changed('invisible'));
    await done;
    assert.deepEqual([sent, clock.timers.length], [[{ type: 'status-update', status: 'invisible' }], 0]);
});

test('a refusal, silence, no connection and a lost one are failures', async () => {
    const refused = told();
    const refusal = assert.rejects(refused.own.set('invisible'), { code: 'rate_limited', retryAfterMs: 4_000 });
    refused.own.onFrame({ type: 'error', code: 'rate_limited', message: 'slow', retry_after_ms: 4_000, ref_type: 'status-update' });
    await refusal;
    const silent = told();
    const silence = assert.rejects(silent.own.set('online'), { code: 'network' });
    await silent.clock.pass(10_000);
    await silence;
    await assert.rejects(told(false).own.set('online'), { code: 'network' });
    const lost = told();
    const loss = assert.rejects(lost.own.set('online'), { code: 'network' });
    lost.own.linkIsLost();
    await loss;
    for (const { own } of [refused, silent, lost]) own.onFrame(changed('online'));
});

test('who changes his mind waits for the last wish', async () => {
    const { own } = told();
    const first = own.set('invisible');
    const second = assert.rejects(own.set('online'), { code: 'unavailable' });
    await first;
    own.onFrame({ type: 'error', code: 'unavailable', message: '', ref_type: 'status-update' });
    await second;
});
