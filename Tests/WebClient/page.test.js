/** The parts around the store that need no browser: the link's carrying out, tabs, news, read marks, drafts, what is kept, routes. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Link } from '../../Sources/WebClient/Client/js/connection/link.js';
import { ReadMarker } from '../../Sources/WebClient/Client/js/connection/read-marker.js';
import { Tabs } from '../../Sources/WebClient/Client/js/notify/tabs.js';
import { pageName, shortCount } from '../../Sources/WebClient/Client/js/notify/title.js';
import { beginningOf, newsOf } from '../../Sources/WebClient/Client/js/notify/toasts.js';
import { fragmentOf, routeOf } from '../../Sources/WebClient/Client/js/routes.js';
import { Cache } from '../../Sources/WebClient/Client/js/storage/cache.js';
import { Database } from '../../Sources/WebClient/Client/js/storage/database.js';
import { Drafts } from '../../Sources/WebClient/Client/js/storage/drafts.js';
import { Keepsakes } from '../../Sources/WebClient/Client/js/storage/keepsakes.js';
import { t } from '../../Sources/WebClient/Client/js/text/catalogue.js';
import { action, after, alice, bob, carol, Clock, direct, hello, id, live, ready, settled, stateAfter, storeOf, time } from './fixtures.js';

test('the link carries out what the machine decides: socket, deliveries, a cut, resume', async () => {
    const clock = new Clock();
    const told = /** @type {any[]} */ ([]);
    const sockets = /** @type {any[]} */ ([]);
    let tickets = 0;
    const link = new Link({
        ticket: async () => `T${(tickets += 1)}`,
        open: (ticket, resume, listener) => {
            const socket = { ticket, resume, listener, sent: /** @type {any[]} */ ([]), isClosed: false, send: (/** @type {any} */ frame) => socket.sent.push(frame), close: () => (socket.isClosed = true) };
            sockets.push(socket);
            return socket;
        },
        setTimer: clock.setTimer,
        clearTimer: clock.clearTimer,
        now: () => clock.now,
        random: () => 0.5,
        show: ({ status }) => told.push(status),
        deliver: ({ type }) => told.push(type),
        tell: (what) => told.push(`tell ${what}`),
    });
    assert.equal(link.send({ type: 'ping' }), false);
    link.start(alice.address);
    await settled();
    for (const frame of [hello, ready(), live(bob, 1)]) sockets[0].listener.frame(frame);
    assert.deepEqual(told, ['connecting', 'hello', 'live', 'ready', 'tell live', 'new-private-message']);
    assert.equal(link.send({ type: 'mark-read' }), true);
    await clock.pass(29_000);
    sockets[0].listener.closed(1006);
    await settled();
    assert.deepEqual([sockets[0].isClosed, sockets[1].ticket, sockets[1].resume], [true, 'T2', true]);
    sockets[1].listener.frame(hello);
    assert.deepEqual(sockets[1].sent, [{ type: 'resume', session_id: id(1), epoch: 'epoch', s: 1 }]);
    sockets[1].listener.frame({ type: 'resumed', replayed: 0 });
    await clock.pass(30_000);
    assert.deepEqual(sockets[1].sent[1], { type: 'ping', s: 1 });
    await clock.pass(5_000);
    assert.equal(sockets.length, 3);
    link.stop();
    assert.deepEqual([sockets[2].isClosed, clock.timers.length, told.at(-1)], [true, 0, 'idle']);
});

test('read marks: at most one a second, the last one, only forward, only when something is unread', async () => {
    const clock = new Clock();
    const sent = /** @type {any[]} */ ([]);
    let isConnected = true;
    const store = storeOf(stateAfter(ready(), ...[1, 2, 3, 4].map((seq) => live(bob, seq))));
    const marker = new ReadMarker(store, (frame) => isConnected && sent.push(frame) > 0, clock.setTimer);
    for (const seq of [1, 3, 2]) marker.mark(bob, seq);
    assert.deepEqual(sent.map(({ seq }) => seq), [1]);
    await clock.pass(1_000);
    assert.deepEqual(sent.map(({ seq }) => seq), [1, 3]);
    await clock.pass(5_000);
    isConnected = false;
    marker.mark(bob, 4);
    isConnected = true;
    marker.linkIsLive();
    assert.deepEqual(sent.at(-1), { type: 'mark-read', conversation_id: id(2), seq: 4 });
    await clock.pass(5_000);
    const count = sent.length;
    store.dispatch({ type: 'frame', frame: { type: 'unread-changed', conversation_id: id(2), user_id: bob, username: 'bob', read_seq: 4, unread: 0, last_seq: 4, s: 5 }, now: 0 });
    marker.mark(bob, 5);
    marker.mark('nobody@alpha.example', 1);
    marker.linkIsLive();
    assert.equal(sent.length, count);
});

/** Tabs that hear each other. @param {Clock} clock @param {number} count */
function tabsOf(clock, count) {
    const channels = /** @type {any[]} */ ([]);
    class Channel {
        onmessage = /** @type {any} */ (null);
        constructor() {
            channels.push(this);
        }
        postMessage(/** @type {any} */ data) {
            for (const other of channels) if (other !== this) other.onmessage({ data: structuredClone(data) });
        }
    }
    return Array.from({ length: count }, (_, index) => new Tabs({ locks: null, BroadcastChannel: /** @type {any} */ (Channel), now: () => clock.now, setTimer: clock.setTimer, id: String(index) }));
}

test('tabs know what is before the eyes in any of them, until it is not', async () => {
    const clock = new Clock();
    const [one, two] = tabsOf(clock, 2);
    assert.deepEqual([one.isShown(bob), one.isFocused], [false, false]);
    two.shows(bob);
    assert.deepEqual([one.isShown(bob), one.isShown(carol), one.isFocused, two.isShown(bob)], [true, false, true, true]);
    one.shows(null);
    assert.equal(one.isShown(bob), true);
    await clock.pass(120_000);
    assert.equal(one.isShown(bob), true);
    two.shows('');
    assert.deepEqual([one.isShown(bob), one.isFocused], [false, true]);
    two.shows(null);
    assert.equal(one.isFocused, false);
});

test('a tab that crashed does not keep notifications away for ever', async () => {
    const clock = new Clock();
    const [one, two] = tabsOf(clock, 2);
    two.shows(bob);
    clock.timers = [];
    await clock.pass(61_000);
    assert.deepEqual([one.isShown(bob), one.isFocused], [false, false]);
});

test('without locks a tab leads alone; with them it waits for its turn', async () => {
    let runs = 0;
    const [tab] = tabsOf(new Clock(), 1);
    await tab.lead('x', new AbortController().signal, () => (runs += 1));
    assert.equal(runs, 1);
    /** @type {Array<() => void>} */
    const queue = [];
    const locks = { request: async (/** @type {string} */ _, /** @type {any} */ __, /** @type {() => any} */ hold) => (await new Promise((resolve) => queue.push(/** @type {any} */ (resolve))), hold()) };
    const waiting = new Tabs({ locks: /** @type {any} */ (locks), BroadcastChannel: null, now: () => 0, setTimer: () => 0, id: 'a' });
    const lifetime = new AbortController();
    waiting.lead('x', lifetime.signal, () => (runs += 1));
    assert.equal(runs, 1);
    queue[0]();
    await settled();
    assert.equal(runs, 2);
    const gone = new AbortController();
    waiting.lead('x', gone.signal, () => (runs += 1));
    gone.abort();
    queue[1]();
    await settled();
    assert.equal(runs, 2);
});

/** @type {Array<[string, any[], any, boolean, string|null]>} */
const news = [
    ['a message', [ready()], live(bob, 1, { message: 'hi\nthere' }), false, 'bob: hi there'],
    ['a message before the eyes', [ready()], live(bob, 1), true, null],
    ['a message that was known', [ready(), live(bob, 1)], live(bob, 1), false, null],
    ["one's own", [ready()], live(bob, 1, { own: true }), false, null],
    ['a request', [ready()], { type: 'new-friend-request', from_user_id: carol, from_username: 'carol', request_id: id(70), timestamp: time(3), s: 1 }, false, `${carol} wants to be your friend.`],
    ['accepted', [ready()], { type: 'friend-request-accepted', by_user_id: carol, by_username: 'carol', request_id: id(70), s: 1 }, false, `${carol} accepted your friend request.`],
    ['accepted, and known', [ready({ friends: [{ user_id: carol, username: 'carol', since: time(0) }] })], { type: 'friend-request-accepted', by_user_id: carol, by_username: 'carol', request_id: id(70), s: 1 }, false, null],
    ['failed for a reason', [ready()], { type: 'friendship-changed', user_id: carol, username: 'carol', request_id: id(70), state: 'failed', code: 'not_found', s: 1 }, false, t('toast.request-failed.not_found', { address: carol })],
    ['failed for a new reason', [ready()], { type: 'friendship-changed', user_id: carol, username: 'carol', request_id: id(70), state: 'failed', code: 'x', s: 1 }, false, t('toast.request-failed', { address: carol })],
    ['an end is not news', [ready()], { type: 'friendship-changed', user_id: bob, username: 'bob', request_id: id(70), state: 'none', s: 1 }, false, null],
];
for (const [name, before, frame, isShown, expected] of news) {
    test(`news: ${name}`, () => {
        const state = stateAfter(...before);
        assert.equal(newsOf(frame, state, { t, isShown: () => isShown, accept: () => {} })?.text ?? null, expected);
    });
}

test('a beginning is one short line, and counts are short', () => {
    assert.equal(beginningOf('😀'.repeat(4_000)), `${'😀'.repeat(120)}…`);
    assert.equal(beginningOf('**hello**\n\n> and `more`'), 'hello and more');
    assert.deepEqual([99, 100].map(shortCount), ['99', '99+']);
});

test('a page is called by where one is', () => {
    const named = [['home', null], ['conversation', carol], ['friends', null], ['settings', null]].map(([view, address]) => pageName(/** @type {any} */ ({ view, address }), t));
    assert.deepEqual(named, ['Home', 'carol · Home', 'Friends · Home', 'Settings · Home']);
});

test('drafts: kept after a pause, emptied at once, the same in both tabs, there after a reload', async () => {
    const clock = new Clock();
    const database = new Database(null, alice.address, clock.setTimer, () => {});
    const other = storeOf(stateAfter(ready()));
    const others = new Drafts(other, database, { post: () => {} }, clock.setTimer);
    const store = storeOf(stateAfter(ready()));
    const drafts = new Drafts(store, database, { post: (message) => others.onTab(message) }, clock.setTimer);
    drafts.save(bob, 'h');
    drafts.save(bob, 'half');
    assert.equal(store.state.conversations.get(bob).draft, 'half');
    assert.deepEqual(await database.all('drafts'), []);
    await clock.pass(500);
    assert.deepEqual([await database.all('drafts'), other.state.conversations.get(bob).draft], [[{ address: bob, text: 'half' }], 'half']);
    const reloaded = storeOf(stateAfter(ready()));
    await new Drafts(reloaded, database, { post: () => {} }, clock.setTimer).start();
    assert.equal(reloaded.state.conversations.get(bob).draft, 'half');
    drafts.save(bob, '');
    await settled();
    assert.deepEqual([await database.all('drafts'), other.state.conversations.get(bob).draft], [[], '']);
});

test('the cache keeps 50 conversations with 100 messages, and no drafts and nothing unsent', async () => {
    const clock = new Clock();
    const database = new Database(null, alice.address, clock.setTimer, () => {});
    const people = Array.from({ length: 60 }, (_, n) => `user${n}@alpha.example`);
    const entries = people.map((address, n) => direct(address, { conversation_id: id(500 + n), last_seq: 1, last_message: { message_id: id(n), seq: 1, from_user_id: address, message: 'hi', timestamp: time(n) } }));
    const store = storeOf(stateAfter(ready({ direct: [...entries, direct(bob)] })));
    await new Cache(store, database, clock.setTimer).start(new AbortController().signal);
    for (let seq = 1; seq <= 150; seq += 1) store.dispatch({ type: 'frame', frame: live(bob, seq, { timestamp: time(1_000 + seq) }), now: 0 });
    store.dispatch(action('draft', { address: bob, text: 'x' }).action);
    await clock.pass(3_000);
    const kept = await database.all('conversations');
    const bobs = kept.find(({ address }) => address === bob);
    assert.deepEqual([kept.length, bobs.messages.length, bobs.messages[0].seq, bobs.complete, bobs.draft], [50, 100, 51, false, undefined]);
    assert.deepEqual(kept.some(({ address }) => address === 'user0@alpha.example'), false);
    const next = storeOf(stateAfter());
    await new Cache(next, database, clock.setTimer).start(new AbortController().signal);
    assert.deepEqual([next.state.conversations.size, next.state.conversations.get(bob).draft, next.state.conversations.get(bob).outgoing], [50, '', []]);
});

test('a browser that refuses to keep anything: memory, and the person is told', async () => {
    const problems = /** @type {Array<string|null>} */ ([]);
    const database = new Database(null, alice.address, new Clock().setTimer, (detail) => problems.push(detail));
    assert.equal(await database.put('outbox', { nonce: 'a' }), false);
    assert.deepEqual([problems, await database.all('outbox')], [['refused'], [{ nonce: 'a' }]]);
    await database.remove('outbox', 'a');
    assert.deepEqual(await database.all('outbox'), []);
});

test('preferences and the last account: kept, checked when read, refused without harm', () => {
    const items = new Map();
    const storage = { getItem: (/** @type {string} */ key) => items.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => items.set(key, value), removeItem: (/** @type {string} */ key) => items.delete(key) };
    const keepsakes = new Keepsakes(() => /** @type {any} */ (storage));
    keepsakes.keepPreferences(/** @type {any} */ ({ theme: 'dark', sounds: false, other: 1 }));
    assert.equal(keepsakes.mayBeSignedIn, false);
    keepsakes.keepAccount(alice);
    assert.equal(keepsakes.mayBeSignedIn, true);
    assert.deepEqual([keepsakes.preferences, keepsakes.account], [{ theme: 'dark', sounds: false }, alice]);
    for (const broken of ['{', '5', '{"address":"a@b","username":"x","server":"b"}']) {
        items.set('home.account', broken);
        items.set('home.preferences', broken);
        assert.deepEqual([keepsakes.account, keepsakes.preferences], [null, {}]);
    }
    keepsakes.keepAccount(null);
    assert.equal(items.has('home.account'), false);
    const refused = new Keepsakes(() => {
        throw new DOMException('no', 'SecurityError');
    });
    assert.deepEqual([refused.account, refused.mayBeSignedIn, refused.preferences, refused.keepPreferences(/** @type {any} */ ({}))], [null, true, {}, false]);
});

/** @type {Array<[string, string, string|null]>} */
const routes = [
    ['', 'home', null],
    ['#/', 'home', null],
    ['#/friends', 'friends', null],
    ['#/settings', 'settings', null],
    [`#/direct/${carol}`, 'conversation', carol],
    ['#/direct/carol%40beta.example', 'conversation', carol],
    ['#/direct/', 'home', null],
    ['#/direct/%', 'home', null],
    ['#/direct/<img src=x>', 'home', null],
    ['#/elsewhere', 'home', null],
    ['#javascript:alert(1)', 'home', null],
];
for (const [fragment, view, address] of routes) {
    test(`the route of "${fragment}"`, () => {
        assert.deepEqual(routeOf(fragment), { view, address });
        assert.deepEqual(routeOf(fragmentOf(/** @type {any} */ ({ view, address }))), { view, address });
    });
}
