/** A hostile or newer homeserver: whatever it sends, the store and the link stay whole. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { idle, step } from '../../Sources/WebClient/Client/js/connection/link-state.js';
import { isEventsPage, isHistoryPage, judgeFrame } from '../../Sources/WebClient/Client/js/store/frames.js';
import { reduce } from '../../Sources/WebClient/Client/js/store/reducer.js';
import { blockList, conversationList, friendList, incomingRequests, totalUnread } from '../../Sources/WebClient/Client/js/store/selectors.js';
import { ack, action, after, alice, bob, carol, direct, hello, id, live, message, outgoing, ready, seeded, stateAfter, time } from './fixtures.js';

const golden = new URL('../Snapshots/client-frames/', import.meta.url);
const good = [
    hello,
    ready({ direct: [direct(bob, { last_seq: 3, unread: 1, last_message: { message_id: id(5), seq: 3, from_user_id: bob, message: 'hi', timestamp: time(1) } })] }),
    live(bob, 1, { reply_to: id(7) }),
    live(carol, 1, { own: true, nonce: 'n', delivery: { server: 'beta.example', state: 'queued' } }),
    ack('a', bob, 1),
    { type: 'delivery', message_id: id(5), server: 'beta.example', state: 'failed', reason: 'blocked', s: 1 },
    { type: 'unread-changed', conversation_id: id(2), user_id: bob, username: 'bob', read_seq: 1, unread: 1, last_seq: 2, s: 3 },
    { type: 'new-friend-request', from_user_id: carol, from_username: 'carol', request_id: id(70), timestamp: time(3), s: 1 },
    { type: 'friend-request-accepted', by_user_id: carol, by_username: 'carol', request_id: id(70), s: 1 },
    { type: 'friendship-changed', user_id: carol, username: 'carol', request_id: id(70), state: 'friends', s: 1 },
    { type: 'friendship-changed', user_id: carol, username: 'carol', state: 'blocked', s: 1 },
    { type: 'friend-status-changed', user_id: bob, username: 'bob', status: 'offline', last_seen: time(1) },
    { type: 'own-status-changed', status: 'invisible', show_last_seen: false, s: 1 },
    { type: 'error', code: 'rate_limited', message: 'slow', retry_after_ms: 5, nonce: 'a', ref_type: 'private-message' },
    { type: 'pong', s: 1, t: time(0) },
    { type: 'resync', reason: 'epoch' },
    { type: 'resumed', replayed: 1 },
];
const junk = [null, undefined, 0, -1, 1.5, NaN, Infinity, 2 ** 53, '', 'x', '__proto__', [], {}, [null], { length: 1 }, true, 'a'.repeat(100_000), '2026-99-99T99:99:99Z'];

/** One place of a frame becomes something else, goes away, or comes in addition. @param {any} frame @param {() => number} random */
function mutated(frame, random) {
    const copy = structuredClone(frame);
    const places = /** @type {Array<[any, string]>} */ ([]);
    const visit = (/** @type {any} */ value) => {
        for (const key of Object.keys(value)) {
            places.push([value, key]);
            if (value[key] && typeof value[key] === 'object') visit(value[key]);
        }
    };
    visit(copy);
    const [place, key] = places[Math.floor(random() * places.length)];
    const choice = random();
    if (choice < 0.25 && Array.isArray(place)) place.splice(Number(key), 1);
    else if (choice < 0.25) delete place[key];
    else if (choice < 0.9) place[key] = junk[Math.floor(random() * junk.length)];
    else copy[String(junk[Math.floor(random() * junk.length)])] = junk[Math.floor(random() * junk.length)];
    return copy;
}

/** The state is one that views can show. @param {any} state */
function assertWhole(state) {
    for (const [address, one] of state.conversations) {
        assert.match(address, /^[^@]+@[^@]+$/);
        for (const count of [one.lastSeq, one.readSeq, one.unread, one.loadedSeq]) assert.ok(Number.isSafeInteger(count) && count >= 0);
        for (const entry of one.messages) {
            assert.deepEqual([typeof entry.text, typeof entry.messageId, Number.isSafeInteger(entry.seq), Number.isNaN(Date.parse(entry.timestamp))], ['string', 'string', true, false]);
        }
        assert.ok(one.messages.every((/** @type {any} */ entry, /** @type {number} */ index) => index === 0 || entry.seq > one.messages[index - 1].seq));
    }
    for (const { status, lastSeen } of state.presence.values()) assert.ok(['online', 'offline'].includes(status) && (lastSeen === null || !Number.isNaN(Date.parse(lastSeen))));
    assert.ok(state.own === null || ['online', 'offline', 'invisible'].includes(state.own.status));
    for (const person of blockList(state)) assert.match(person.address, /^[^@]+@[^@]+$/);
    conversationList(state);
    friendList(state);
    incomingRequests(state);
    assert.ok(Number.isFinite(totalUnread(state)));
}

test('400 mutated frames: nothing throws, the state stays whole, the link too', () => {
    const random = seeded(7);
    const begin = stateAfter(ready(), action('outgoing-added', { entry: outgoing('a') }));
    let state = begin;
    let malformed = 0;
    for (let turn = 0; turn < 400; turn += 1) {
        const frame = mutated(good[turn % good.length], random);
        if (judgeFrame(frame) === 'malformed') malformed += 1;
        state = after(state, frame);
        assertWhole(state);
        const live = { ...idle, phase: /** @type {const} */ ('live'), account: alice.address, liveSince: 0, stream: { sessionId: id(1), epoch: 'e', s: 0, isRepaired: false } };
        const { state: link } = step(live, { type: 'frame', frame, now: 1, random: 0.5 });
        assert.ok(['live', 'greeting', 'waiting', 'ticket', 'ended'].includes(link.phase));
    }
    assert.equal(state.malformed, malformed);
    assert.ok(malformed > 200, `${malformed} of 400 were malformed`);
});

test('what is no frame at all is counted', () => {
    const values = [...junk, { type: 1 }, { type: null }, { type: ['ready'] }, []];
    const state = values.reduce((next, frame) => reduce(next, { type: 'frame', frame, now: 0 }), stateAfter(ready()));
    assert.equal(state.malformed, values.length);
});

test('names of Object.prototype are no types and no addresses', () => {
    for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) assert.equal(judgeFrame({ type }), 'unknown');
    const state = stateAfter(ready(), { ...live(bob, 1), from_user_id: '__proto__', s: 1 });
    assert.deepEqual([state.malformed, state.conversations.size], [1, 1]);
});

test('a frame of the link itself that is malformed does not make it live', () => {
    const greeting = { ...idle, phase: /** @type {const} */ ('greeting'), account: alice.address };
    for (const frame of [{ type: 'ready' }, ready({ user: null }), ready({ session_id: 5 }), null, { type: 'resumed' }]) {
        assert.equal(step(greeting, { type: 'frame', frame, now: 1, random: 0 }).state.phase, 'greeting');
    }
});

test('pages that are none', () => {
    const page = { messages: [message(bob, 1), message(bob, 2)], last_seq: 2 };
    assert.equal(isHistoryPage(page), true);
    for (const broken of [null, {}, [], { messages: {} }, { ...page, last_seq: -1 }, { ...page, messages: [message(bob, 2), message(bob, 1)] }, { ...page, messages: [message(bob, 1), message(bob, 1)] }, { ...page, messages: [null] }]) {
        assert.equal(isHistoryPage(broken), false, JSON.stringify(broken));
    }
    assert.equal(isEventsPage({ events: [{ type: 'poll', seq: 1 }, live(bob, 2)], last_seq: 2 }), true);
    assert.equal(isEventsPage({ events: [{ type: 'poll' }], last_seq: 2 }), false);
    assert.equal(isEventsPage({ events: [{ type: 'new-private-message', seq: 1 }], last_seq: 2 }), false);
});

test("every frame that the homeserver's own tests keep as golden is good here", () => {
    const files = readdirSync(golden).filter((name) => name.endsWith('.json'));
    assert.ok(files.length > 15);
    for (const name of files) assert.equal(judgeFrame(JSON.parse(readFileSync(new URL(name, golden), 'utf8'))), 'good', name);
});
