import assert from 'node:assert/strict';
import test from 'node:test';

import { askForTicket } from '../../Sources/WebClient/Client/js/connection/ticket.js';
import { Clock, settled } from './fixtures.js';

/** Asks, and lets the test answer. */
function asking() {
    const clock = new Clock();
    const questions = /** @type {any[]} */ ([]);
    const ask = (/** @type {AbortSignal} */ signal) =>
        new Promise((answer, refuse) => {
            questions.push({ signal, answer, refuse });
            signal.addEventListener('abort', () => refuse({ code: 'network' }));
        });
    const outcome = askForTicket(ask, clock).catch((failure) => failure.code);
    return { clock, questions, outcome };
}

test('one question when it is answered', async () => {
    const { clock, questions, outcome } = asking();
    await clock.pass(1_900);
    questions[0].answer('T');
    assert.equal(await outcome, 'T');
    assert.deepEqual([questions.length, clock.timers.length], [1, 0]);
});

test('connections that are dead: the next one is asked, and the first answer counts', async () => {
    const { clock, questions, outcome } = asking();
    await clock.pass(12_000);
    assert.deepEqual(questions.map(({ signal }) => signal.aborted), [true, true, true, true, false, false, false]);
    questions[6].answer('T');
    assert.equal(await outcome, 'T');
    assert.deepEqual([questions[5].signal.aborted, clock.timers.length], [true, 0]);
});

test('a refusal is an answer', async () => {
    const { clock, questions, outcome } = asking();
    await clock.pass(2_000);
    questions[0].refuse({ code: 'unauthorized' });
    assert.equal(await outcome, 'unauthorized');
    assert.deepEqual([questions[1].signal.aborted, clock.timers.length], [true, 0]);
});

test('nobody answers: a failed try', async () => {
    const { clock, questions, outcome } = asking();
    await clock.pass(18_000);
    assert.equal(await outcome, 'network');
    await settled();
    assert.deepEqual([questions.length, clock.timers.length], [7, 0]);
});
