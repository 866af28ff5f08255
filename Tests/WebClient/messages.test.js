import assert from 'node:assert/strict';
import test from 'node:test';

import { ack, action, after, bob, carol, direct, historyPage, id, live, message, outgoing, ready, seqs, stateAfter } from './fixtures.js';

const of = (/** @type {any} */ state, /** @type {string} */ address = bob) => state.conversations.get(address);
const page = (/** @type {number[]} */ numbers, /** @type {object} */ more = {}) => numbers.map((seq) => message(bob, seq, more));
const range = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const events = (/** @type {any[]} */ list, /** @type {number} */ lastSeq, /** @type {object} */ more) =>
    action('page', { address: bob, page: { events: list, conversation_id: id(2), last_seq: lastSeq }, limit: 200, ...more });
const behind = (/** @type {number} */ lastSeq) => ready({ direct: [direct(bob, { last_seq: lastSeq })] });

test('a hole: what is behind it is not shown, and the conversation is stale', () => {
    const state = stateAfter(ready(), live(bob, 1), live(bob, 3));
    assert.deepEqual(seqs(of(state)), [1]);
    assert.deepEqual([of(state).stale, of(state).lastSeq, of(state).loadedSeq, of(state).preview.seq], [true, 3, 1, 3]);
});

test('events fill a hole, in order, and what came twice is there once', () => {
    const filled = events([live(bob, 2), live(bob, 3)], 3, { after: 1 });
    const state = stateAfter(ready(), live(bob, 1), live(bob, 3), filled, filled, live(bob, 3));
    assert.deepEqual(seqs(of(state)), [1, 2, 3]);
    assert.deepEqual([of(state).stale, of(state).unread], [false, 2]);
});

test('a message under a number that is taken is not believed', () => {
    const state = stateAfter(ready(), live(bob, 1), live(bob, 1, { message_id: id(666) }));
    assert.deepEqual(of(state).messages.map((/** @type {any} */ one) => one.messageId), [message(bob, 1).message_id]);
});

test('a message id that is there already does not come again under another number', () => {
    const state = stateAfter(ready(), live(bob, 1), live(bob, 2, { message_id: message(bob, 1).message_id }));
    assert.deepEqual(seqs(of(state)), [1]);
});

test('a live message of a conversation that is not loaded waits for its page', () => {
    const state = stateAfter(behind(50), live(bob, 51));
    assert.deepEqual([seqs(of(state)), of(state).stale, of(state).unread], [[], true, 1]);
    const loaded = after(state, historyPage(bob, page(range(2, 51)), 51));
    assert.deepEqual(seqs(of(loaded)), range(2, 51));
    assert.deepEqual([of(loaded).stale, of(loaded).complete, of(loaded).unread], [false, false, 1]);
});

test('older pages come before, the first one completes', () => {
    const state = stateAfter(behind(60), historyPage(bob, page(range(11, 60)), 60), historyPage(bob, page(range(1, 10)), 60, { before: 11 }));
    assert.deepEqual(seqs(of(state)), range(1, 60));
    assert.equal(of(state).complete, true);
});

test('an empty older page completes too', () => {
    const state = stateAfter(behind(60), historyPage(bob, page(range(11, 60)), 60), historyPage(bob, [], 60, { before: 11 }));
    assert.equal(of(state).complete, true);
});

test('an older page that was asked for before something else was loaded is dropped', () => {
    const state = stateAfter(behind(300), historyPage(bob, page(range(251, 300)), 300), historyPage(bob, page(range(51, 100)), 300, { before: 101 }));
    assert.deepEqual(seqs(of(state)), range(251, 300));
});

test('an empty conversation is complete', () => {
    const state = stateAfter(historyPage(bob, [], 0));
    assert.deepEqual([of(state).complete, of(state).stale], [true, false]);
});

test('far behind: the latest page takes the place of what was loaded', () => {
    const loaded = stateAfter(behind(10), historyPage(bob, page(range(1, 10)), 10));
    const state = after(loaded, behind(5_000), historyPage(bob, page(range(4_951, 5_000)), 5_000, { replace: true }));
    assert.deepEqual([seqs(of(state)), of(state).complete, of(state).stale], [range(4_951, 5_000), false, false]);
});

test('a page that may not replace leaves what is loaded when it lies behind a hole', () => {
    const loaded = stateAfter(behind(10), historyPage(bob, page(range(1, 10)), 10));
    const state = after(loaded, behind(5_000), historyPage(bob, page(range(4_951, 5_000)), 5_000));
    assert.deepEqual([seqs(of(state)), of(state).stale], [range(1, 10), true]);
});

test('a latest page that touches what is loaded extends it', () => {
    const loaded = stateAfter(behind(10), historyPage(bob, page(range(1, 10)), 10));
    const state = after(loaded, behind(55), historyPage(bob, page(range(6, 55)), 55, { replace: true }));
    assert.deepEqual(seqs(of(state)), range(1, 55));
});

test('an event of a type that is not known counts as loaded, and is not shown', () => {
    const state = stateAfter(ready(), live(bob, 1), live(bob, 3), events([{ type: 'message-edited', seq: 2 }, live(bob, 3)], 3, { after: 1 }));
    assert.deepEqual([seqs(of(state)), of(state).stale], [[1, 3], false]);
});

test('an answer that is no page is counted and told', () => {
    const state = stateAfter(ready(), action('page', { address: bob, page: { messages: [{ seq: 1 }], last_seq: 1 }, limit: 50 }));
    assert.deepEqual([state.malformed, of(state).loadFailure.code, seqs(of(state))], [1, 'internal', []]);
});

test('messages of somebody else in a page are left out', () => {
    const state = stateAfter(ready(), historyPage(bob, [message(bob, 1), message(carol, 2)], 2));
    assert.deepEqual(seqs(of(state)), [1]);
});

test('a page does not move the counters: the stream does', () => {
    const state = stateAfter(ready(), historyPage(bob, page([1, 2]), 2), live(bob, 1), live(bob, 2));
    assert.deepEqual([seqs(of(state)), of(state).unread, of(state).lastSeq], [[1, 2], 2, 2]);
});

/** One's own message may be told of by the receipt, by history and by the stream of another session: in any order it is there once. */
const ways = {
    ack: ack('a', bob, 1),
    'ack again': ack('a', bob, 1, { duplicate: true }),
    history: historyPage(bob, [message(bob, 1, { own: true, nonce: 'a', message: 'text of a' })], 1),
    events: events([live(bob, 1, { own: true, nonce: 'a', message: 'text of a' })], 1, { after: 0 }),
    'private-message-sent': live(bob, 1, { own: true, nonce: 'a', message: 'text of a' }),
};
for (const first of Object.keys(ways)) {
    for (const second of Object.keys(ways)) {
        test(`own message: ${first}, then ${second}`, () => {
            const state = stateAfter(ready(), action('outgoing-added', { entry: outgoing('a') }), /** @type {any} */ (ways)[first], /** @type {any} */ (ways)[second]);
            const [only, ...others] = of(state).messages;
            assert.deepEqual([only.text, only.own, only.nonce, others.length, of(state).outgoing.length, of(state).unread], ['text of a', true, 'a', 0, 0, 0]);
        });
    }
}

test('an outgoing entry that comes back from another tab after its message is not shown again', () => {
    const state = stateAfter(ready(), live(bob, 1, { own: true, nonce: 'a' }), action('outgoing-added', { entry: outgoing('a') }));
    assert.equal(of(state).outgoing.length, 0);
});

test('outgoing: failed, retried behind the others, removed', () => {
    const failure = { code: 'not_friends', message: '', field: null, retryAfterMs: null };
    const added = ['a', 'b'].map((nonce, index) => action('outgoing-added', { entry: outgoing(nonce, { createdAt: index }) }));
    const failed = stateAfter(ready(), ...added, action('outgoing-failed', { nonce: 'a', failure }));
    assert.deepEqual(of(failed).outgoing.map((/** @type {any} */ one) => [one.nonce, one.state, one.failure?.code]), [['a', 'failed', 'not_friends'], ['b', 'pending', undefined]]);
    const retried = after(failed, action('outgoing-retried', { nonce: 'a', createdAt: 9 }));
    assert.deepEqual(of(retried).outgoing.map((/** @type {any} */ one) => [one.nonce, one.state]), [['b', 'pending'], ['a', 'pending']]);
    assert.deepEqual(of(after(retried, action('outgoing-removed', { nonce: 'b' }))).outgoing.map((/** @type {any} */ one) => one.nonce), ['a']);
});

test('a delivery never turns back, and one that comes before its message is not lost', () => {
    const told = (/** @type {string} */ state) => ({ type: 'delivery', message_id: message(carol, 1).message_id, server: 'beta.example', state, s: 9 });
    const both = ready({ direct: [direct(carol)] });
    const turned = stateAfter(both, live(carol, 1, { own: true }), told('delivered'), told('delayed'));
    assert.equal(of(turned, carol).messages[0].delivery.state, 'delivered');
    const early = stateAfter(both, told('delivered'), historyPage(carol, [message(carol, 1, { own: true, delivery: { server: 'beta.example', state: 'queued' } })], 1));
    assert.equal(of(early, carol).messages[0].delivery.state, 'delivered');
    const refreshed = stateAfter(both, live(carol, 1, { own: true }), historyPage(carol, [message(carol, 1, { own: true, delivery: { server: 'beta.example', state: 'failed', reason: 'blocked' } })], 1));
    assert.deepEqual(of(refreshed, carol).messages[0].delivery, { server: 'beta.example', state: 'failed', reason: 'blocked' });
});

test('deliveries of messages that are not loaded are bounded', () => {
    const told = range(1, 300).map((n) => ({ type: 'delivery', message_id: id(n), server: 'beta.example', state: 'delivered', s: n }));
    const { earlyDeliveries } = stateAfter(ready(), ...told);
    assert.deepEqual([earlyDeliveries.size, earlyDeliveries.has(id(300)), earlyDeliveries.has(id(1))], [200, true, false]);
});

test('a conversation that was left keeps all while the next one is shown, then its last 500 messages', () => {
    const loaded = range(0, 11).map((n) => historyPage(bob, page(range(550 - 50 * n + 1, 600 - 50 * n)), 600, n ? { before: 600 - 50 * n + 1 } : {}));
    const state = stateAfter(behind(600), ...loaded);
    assert.deepEqual([of(state).messages.length, of(state).complete], [600, true]);
    const route = (/** @type {string} */ address) => action('navigated', { route: { view: 'conversation', address } });
    const beside = after(state, route(carol), action('conversation-left', { address: bob }));
    assert.equal(of(beside).messages.length, 600);
    const left = after(beside, route('dave@beta.example'), action('conversation-left', { address: carol }));
    assert.deepEqual([seqs(of(left))[0], of(left).messages.length, of(left).complete, of(left).stale], [101, 500, false, false]);
});

test('the place in a conversation is kept, and makes none of somebody who is gone', () => {
    const place = { key: id(1), offset: 12 };
    assert.deepEqual(of(stateAfter(behind(3), action('place', { address: bob, place }))).place, place);
    assert.equal(stateAfter(action('place', { address: bob, place })).conversations.size, 0);
});

test('what was kept of the last visit is shown until ready says what is true', () => {
    const kept = { ...of(stateAfter(ready(), live(bob, 1))), loading: undefined };
    const restored = stateAfter(action('conversations-restored', { conversations: [kept] }));
    assert.deepEqual([seqs(of(restored)), of(restored).unread], [[1], 1]);
    const state = after(restored, behind(3));
    assert.deepEqual([seqs(of(state)), of(state).unread, of(state).stale], [[1], 0, true]);
    const late = stateAfter(behind(3), action('conversations-restored', { conversations: [kept] }));
    assert.deepEqual([of(late).unread, of(late).lastSeq], [0, 3]);
});
