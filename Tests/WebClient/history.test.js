import assert from 'node:assert/strict';
import test from 'node:test';

import { Failed } from '../../Sources/WebClient/Client/js/connection/api.js';
import { History } from '../../Sources/WebClient/Client/js/connection/history.js';
import { action, after, bob, carol, Clock, direct, id, live, message, ready, seqs, settled, stateAfter, storeOf } from './fixtures.js';

const isLive = action('link', { link: { status: 'live', lostAt: null, retryAt: null, reason: null } });
const isLost = action('link', { link: { status: 'waiting', lostAt: 0, retryAt: 0, reason: null } });
const shows = (/** @type {string|null} */ address) => action('navigated', { route: { view: address ? 'conversation' : 'home', address } });

/** Answers as the homeserver does, from `count` messages of bob. */
class HistoryServer {
    /** @type {string[]} */
    asked = [];
    /** @type {any[]} */
    failures = [];
    messages;

    /** @param {number} count */
    constructor(count) {
        this.messages = Array.from({ length: count }, (_, index) => message(bob, index + 1));
    }

    get = async (/** @type {string} */ path, /** @type {any} */ { before, after: behind, limit }) => {
        this.asked.push(`${path}?${before ? `before=${before}` : behind === undefined ? 'latest' : `after=${behind}`}`);
        await settled();
        const failure = this.failures.shift();
        if (failure) throw failure;
        const last_seq = this.messages.length;
        if (path.startsWith('/channels/')) return { events: this.messages.slice(behind, behind + limit).map((raw) => ({ type: 'new-private-message', ...raw })), conversation_id: id(2), last_seq };
        const end = before === undefined ? last_seq : before - 1;
        return { messages: this.messages.slice(Math.max(0, end - limit), end), conversation_id: id(2), last_seq };
    };
}

/** @param {number} count  messages that there are @param {number} [loaded]  of which the first ones are loaded @param {any[]} steps */
function opened(count, loaded = 0, ...steps) {
    const server = new HistoryServer(count);
    const clock = new Clock();
    const frames = server.messages.slice(0, loaded).map((raw) => ({ ...raw, type: 'new-private-message', s: raw.seq }));
    const store = storeOf(after(stateAfter(ready(), ...frames), ready({ direct: [direct(bob, { last_seq: count }), direct(carol)] }), ...steps), clock);
    const history = new History(/** @type {any} */ (server), store, clock.setTimer, () => 0.5);
    const conversation = () => store.state.conversations.get(bob);
    return { server, clock, store, history, conversation };
}

test('older pages, one after the other, to the first message', async () => {
    const { server, history, conversation } = opened(120);
    for (let page = 0; page < 4; page += 1) await history.loadOlder(bob);
    assert.deepEqual(server.asked.map((asked) => asked.split('?')[1]), ['latest', 'before=71', 'before=21']);
    assert.deepEqual([conversation().messages.length, conversation().complete, conversation().stale], [120, true, false]);
});

test('asked twice at once, it is one request', async () => {
    const { server, history, conversation } = opened(120);
    const both = [history.loadOlder(bob), history.loadOlder(bob)];
    assert.equal(conversation().loading, 'older');
    await Promise.all(both);
    assert.deepEqual([server.asked.length, conversation().loading], [1, null]);
});

test('older and newer of one conversation wait for each other', async () => {
    const { server, history, conversation } = opened(60, 10);
    await Promise.all([history.loadOlder(bob), history.loadNewer(bob)]);
    assert.deepEqual(server.asked.map((asked) => asked.split('?')[1]), ['after=10']);
    assert.equal(conversation().messages.length, 60);
});

test('a hole is filled by events, page by page', async () => {
    const { server, history, conversation } = opened(450, 10);
    await history.loadNewer(bob);
    assert.deepEqual(server.asked, ['after=10', 'after=210', 'after=410'].map((query) => `/channels/${id(2)}/events?${query}`));
    assert.deepEqual([conversation().messages.length, conversation().stale], [450, false]);
});

test('more than a thousand behind: the latest page', async () => {
    const { server, history, conversation } = opened(1_500, 10);
    await history.loadNewer(bob);
    assert.deepEqual([server.asked.length, seqs(conversation())[0], conversation().stale, conversation().complete], [1, 1_451, false, false]);
});

test('a homeserver that promises more than it has does not make a loop', async () => {
    const { server, history, store } = opened(10, 10);
    store.dispatch({ type: 'frame', frame: { type: 'unread-changed', conversation_id: id(2), user_id: bob, username: 'bob', read_seq: 0, unread: 0, last_seq: 99, s: 1 }, now: 0 });
    await history.loadNewer(bob);
    assert.ok(server.asked.length <= 2);
});

test('the conversation that is shown is filled at once, the others when they are shown', async () => {
    const { server, history, store, conversation } = opened(60, 0, isLive);
    history.watch(new AbortController().signal);
    await settled();
    assert.deepEqual(server.asked, []);
    store.dispatch(shows(bob).action);
    await settled();
    await settled();
    assert.deepEqual([server.asked.length, conversation().stale], [1, false]);
});

test('a live hole in the open conversation closes by itself', async () => {
    const { server, history, store, conversation } = opened(10, 10, isLive, shows(bob));
    history.watch(new AbortController().signal);
    server.messages.push(message(bob, 11), message(bob, 12));
    store.dispatch({ type: 'frame', frame: live(bob, 12), now: 0 });
    for (let turn = 0; turn < 5; turn += 1) await settled();
    assert.deepEqual([seqs(conversation()).slice(-2), conversation().stale, server.asked.length], [[11, 12], false, 1]);
});

test('one that comes within the frame that shows the end of the one before closes too', async () => {
    const { server, history, store, conversation } = opened(10, 10, isLive, shows(bob));
    history.watch(new AbortController().signal);
    for (const seq of [12, 14]) {
        server.messages.push(message(bob, seq - 1), message(bob, seq));
        store.dispatch({ type: 'frame', frame: live(bob, seq), now: 0 });
        for (let turn = 0; turn < 5; turn += 1) await settled();
        assert.deepEqual([seqs(conversation()).slice(-2), conversation().stale], [[seq - 1, seq], false]);
    }
});

test('one that comes while something else is asked for again closes after it', async () => {
    const { server, history, clock, store, conversation } = opened(10, 10, isLive, shows(bob));
    history.watch(new AbortController().signal);
    const { get } = server;
    server.get = async (path, query) => {
        const answer = await get(path, query);
        if (server.asked.length === 1) {
            server.messages.push(message(bob, 11), message(bob, 12));
            store.dispatch({ type: 'frame', frame: live(bob, 12), now: 0 });
        }
        return answer;
    };
    void history.refresh(bob, 1);
    await clock.pass(10_000);
    assert.deepEqual([seqs(conversation()).length, conversation().stale], [12, false]);
});

test('what fails for a moment is tried again while it is shown; what fails for good is told', async () => {
    const { server, history, clock, conversation } = opened(60, 0, isLive, shows(bob));
    server.failures = [new Failed('network', 'gone'), new Failed('rate_limited', 'slow', { retryAfterMs: 9_000 })];
    history.watch(new AbortController().signal);
    await clock.pass(100);
    assert.deepEqual([conversation().loadFailure.code, conversation().loading], ['network', null]);
    await clock.pass(2_000);
    assert.equal(conversation().loadFailure.code, 'rate_limited');
    await clock.pass(8_000);
    assert.equal(server.asked.length, 2);
    await clock.pass(2_000);
    assert.deepEqual([server.asked.length, conversation().stale, conversation().loadFailure], [3, false, null]);
});

test('what fails for long is tried for as long as one looks at it, at least once a minute', async () => {
    const { server, history, clock, conversation } = opened(60, 0, isLive, shows(bob));
    server.failures = Array.from({ length: 30 }, () => new Failed('unavailable', 'away'));
    history.watch(new AbortController().signal);
    for (let minute = 0; minute < 30; minute += 1) await clock.pass(60_000);
    assert.deepEqual([conversation().stale, conversation().loadFailure, server.asked.length], [false, null, 31]);
});

test('what is asked for again is asked for although what is new is being loaded', async () => {
    const { server, history, store, conversation } = opened(10, 10, isLive, shows(bob));
    history.watch(new AbortController().signal);
    server.messages.push(message(bob, 11), message(bob, 12));
    store.dispatch({ type: 'frame', frame: live(bob, 12), now: 0 });
    const both = [history.refresh(bob, 3), history.refresh(bob, 3)];
    for (let turn = 0; turn < 9; turn += 1) await settled();
    await Promise.all(both);
    assert.deepEqual(server.asked.map((one) => one.split('?')[1]), ['after=10', 'after=2']);
    assert.deepEqual([conversation().stale, conversation().loading], [false, null]);
});

test('not tried again when the link is lost or another one is shown', async () => {
    for (const step of [isLost, shows(carol)]) {
        const { server, history, clock, store } = opened(60, 0, isLive, shows(bob));
        server.failures = [new Failed('network', 'gone')];
        history.watch(new AbortController().signal);
        await clock.pass(100);
        store.dispatch(step.action);
        await clock.pass(60_000);
        assert.equal(server.asked.length, 1);
    }
});

test('a failing request rejects with its failure, and can be asked again', async () => {
    const { server, history, conversation } = opened(60);
    server.failures = [new Failed('not_found', 'nobody')];
    await assert.rejects(history.loadOlder(bob), { code: 'not_found' });
    assert.equal(conversation().loadFailure.code, 'not_found');
    await history.loadOlder(bob);
    assert.deepEqual([conversation().messages.length, conversation().loadFailure], [50, null]);
});

test('after a ready, deliveries that were under way are asked for again', async () => {
    const { server, history, store } = opened(10);
    server.messages = [1, 2, 3].map((seq) => message(carol, seq, { own: seq !== 1, ...(seq !== 1 && { delivery: { server: 'beta.example', state: 'delivered' } }) }));
    for (const seq of [1, 2, 3]) store.dispatch({ type: 'frame', frame: live(carol, seq, { own: seq !== 1 }), now: 0 });
    store.dispatch({ type: 'frame', frame: ready({ direct: [direct(carol, { last_seq: 3 })] }), now: 0 });
    await history.refreshDeliveries();
    assert.deepEqual(server.asked, [`/channels/${id(3)}/events?after=1`]);
    assert.deepEqual(store.state.conversations.get(carol).messages.map((/** @type {any} */ one) => one.delivery?.state), [undefined, 'delivered', 'delivered']);
});

test('an answer that comes after signing out changes nothing', async () => {
    const { history, store } = opened(60);
    const loading = history.loadOlder(bob);
    history.stop();
    store.dispatch({ type: 'signed-out' });
    await assert.rejects(loading);
    assert.equal(store.state.conversations.size, 0);
});
