import assert from 'node:assert/strict';
import test from 'node:test';

import { communityFrameChecks } from '../../Sources/WebClient/Client/js/store/community-frames.js';
import { frameTypes } from '../../Sources/WebClient/Client/js/store/frames.js';
import { blockList, conversationList, incomingRequests, isCaughtUp, onlineCount, outgoingRequests, presenceOf, statusOf, totalUnread, unsentCount } from '../../Sources/WebClient/Client/js/store/selectors.js';
import { ack, action, after, alice, bob, carol, direct, hello, id, isLive, live, message, olderReady, outgoing, ready, stateAfter, time } from './fixtures.js';

const requestOf = (/** @type {string} */ address, /** @type {object} */ more = {}) => ({
    request_id: id(70),
    user_id: address,
    username: address.split('@')[0],
    direction: 'incoming',
    state: 'pending',
    timestamp: time(0),
    ...more,
});

const friendship = (/** @type {string} */ state, /** @type {object} */ more = {}) => ({
    type: 'friendship-changed',
    user_id: carol,
    username: 'carol',
    request_id: id(70),
    state,
    s: 1,
    ...more,
});

const friendStatus = (/** @type {string} */ address, /** @type {string} */ status, /** @type {object} */ more = {}) => ({
    type: 'friend-status-changed',
    user_id: address,
    username: address.split('@')[0],
    status,
    ...more,
});

const of = (/** @type {any} */ state, /** @type {string} */ address = bob) => state.conversations.get(address);

/** What each frame does: [name, the frames before, the frame, what to look at, what it is then]. @type {Array<[string, any[], any, (state: any) => any, any]>} */
const table = [
    ['hello names the homeserver and its limits', [], hello, (s) => [s.server.name, s.server.limits.message_code_points], ['alpha.example', 4000]],
    ['ready brings conversations', [], ready({ direct: [direct(bob, { last_seq: 7, read_seq: 3, unread: 2 })] }), (s) => [of(s).lastSeq, of(s).readSeq, of(s).unread, of(s).stale, of(s).writable], [7, 3, 2, true, true]],
    ['ready says who is no friend any more', [], ready({ direct: [direct(bob, { state: 'none' })], friends: [] }), (s) => of(s).writable, false],
    ['ready brings a preview', [], ready({ direct: [direct(bob, { last_seq: 1, last_message: { message_id: id(9), seq: 1, from_user_id: bob, message: 'hi', timestamp: time(1), truncated: true } })] }), (s) => of(s).preview, { fromAddress: bob, text: 'hi', timestamp: time(1), seq: 1, truncated: true }],
    ['ready brings friends', [], ready(), (s) => [...s.friends.keys()], [bob]],
    ['ready brings requests', [], ready({ friend_requests: [requestOf(carol)] }), (s) => s.requests.get(id(70)).address, carol],
    ['ready takes away what is no more', [ready({ friend_requests: [requestOf(carol)] })], ready({ direct: [], friends: [] }), (s) => [s.friends.size, s.requests.size, s.conversations.size], [0, 0, 0]],
    ['ready keeps what is unsent', [ready(), action('outgoing-added', { entry: outgoing('a') })], ready({ direct: [], friends: [] }), (s) => [of(s).outgoing.length, of(s).writable], [1, false]],
    ['ready keeps drafts', [ready(), action('draft', { address: bob, text: 'half' })], ready(), (s) => of(s).draft, 'half'],
    ['ready of another database throws messages away', [ready(), live(bob, 1)], ready({ direct: [direct(bob, { conversation_id: id(99), last_seq: 1 })] }), (s) => [of(s).messages.length, of(s).stale], [0, true]],
    ['ready of a restored database throws messages away, however far it is', [ready(), live(bob, 1)], ready({ incarnation: 'another', direct: [direct(bob, { last_seq: 3 })] }), (s) => [of(s).messages.length, of(s).loadedSeq, of(s).stale, of(s).incarnation], [0, 0, true, 'another']],
    ['ready of the same database keeps them', [ready(), live(bob, 1)], ready({ direct: [direct(bob, { last_seq: 3 })] }), (s) => [of(s).messages.length, of(s).stale], [1, true]],
    ['ready keeps what was loaded when databases had no incarnation', [olderReady(), live(bob, 1)], ready({ direct: [direct(bob, { last_seq: 1 })] }), (s) => [of(s).messages.length, of(s).incarnation], [1, 'incarnation']],
    ['ready of an older database throws messages away', [ready(), live(bob, 1), live(bob, 2)], ready({ direct: [direct(bob, { last_seq: 1 })] }), (s) => [of(s).messages.length, of(s).stale], [0, true]],
    ['resumed changes nothing', [ready()], { type: 'resumed', replayed: 3 }, (s) => s.conversations.size, 1],
    ['resync changes nothing', [ready()], { type: 'resync', reason: 'too_old' }, (s) => s.conversations.size, 1],
    ['pong changes nothing', [ready()], { type: 'pong', s: 3, t: time(0) }, (s) => s.conversations.size, 1],
    ['error changes nothing: the outbox decides', [ready(), action('outgoing-added', { entry: outgoing('a') })], { type: 'error', code: 'invalid', message: 'no', nonce: 'a' }, (s) => of(s).outgoing[0].state, 'pending'],
    ['a message of the other is unread', [ready()], live(bob, 1), (s) => [of(s).unread, of(s).lastSeq, of(s).messages[0].text, of(s).preview.text], [1, 1, 'message 1', 'message 1']],
    ['the same message again is not', [ready(), live(bob, 1)], live(bob, 1), (s) => [of(s).unread, of(s).messages.length], [1, 1]],
    ['a message of somebody unknown makes a conversation', [ready()], live(carol, 1), (s) => [of(s, carol).unread, of(s, carol).conversationId, of(s, carol).writable], [1, id(3), false]],
    ["one's own from another session is not unread", [ready()], live(bob, 1, { own: true, nonce: 'x' }), (s) => [of(s).unread, of(s).messages[0].own, of(s).messages[0].nonce, of(s).messages[0].delivery], [0, true, 'x', null]],
    ["one's own to another homeserver begins as queued", [ready({ direct: [direct(carol)] })], live(carol, 1, { own: true }), (s) => of(s, carol).messages[0].delivery, { server: 'beta.example', state: 'queued', reason: null }],
    ['ack makes a message of what was pending', [ready(), action('outgoing-added', { entry: outgoing('a') })], ack('a', bob, 1), (s) => [of(s).outgoing.length, of(s).messages[0].text, of(s).messages[0].own, of(s).messages[0].n, of(s).unread], [0, 'text of a', true, 1, 0]],
    ['ack keeps what it answers', [ready(), action('outgoing-added', { entry: outgoing('a', { replyTo: id(5) }) })], ack('a', bob, 1), (s) => of(s).messages[0].replyTo, id(5)],
    ['ack of what was cancelled leaves a hole to fill', [ready()], ack('gone', bob, 1), (s) => [of(s).stale, of(s).lastSeq, of(s).messages.length], [true, 1, 0]],
    ['delivery moves forward', [ready({ direct: [direct(carol)] }), live(carol, 1, { own: true })], { type: 'delivery', message_id: message(carol, 1).message_id, server: 'beta.example', state: 'delayed', s: 2 }, (s) => of(s, carol).messages[0].delivery.state, 'delayed'],
    ['delivery tells why it failed', [ready({ direct: [direct(carol)] }), live(carol, 1, { own: true })], { type: 'delivery', message_id: message(carol, 1).message_id, server: 'beta.example', state: 'failed', reason: 'not_friends', s: 2 }, (s) => of(s, carol).messages[0].delivery, { server: 'beta.example', state: 'failed', reason: 'not_friends' }],
    ['unread-changed is the truth', [ready(), live(bob, 1), live(bob, 2)], { type: 'unread-changed', conversation_id: id(2), user_id: bob, username: 'bob', read_seq: 1, unread: 1, last_seq: 2, s: 3 }, (s) => [of(s).unread, of(s).readSeq, of(s).lastSeq], [1, 1, 2]],
    ['a request comes in', [ready()], { type: 'new-friend-request', from_user_id: carol, from_username: 'carol', request_id: id(70), timestamp: time(3), s: 1 }, (s) => incomingRequests(s).map((/** @type {any} */ r) => [r.address, r.timestamp]), [[carol, time(3)]]],
    ["one's own request was accepted", [ready({ friend_requests: [requestOf(carol, { direction: 'outgoing' })] })], { type: 'friend-request-accepted', by_user_id: carol, by_username: 'carol', request_id: id(70), s: 1 }, (s) => [s.friends.has(carol), s.requests.size, of(s, carol).writable, of(s, carol).complete], [true, 0, true, true]],
    ['friends: the request is settled', [ready({ friend_requests: [requestOf(carol)] })], friendship('friends'), (s) => [s.friends.has(carol), s.requests.size], [true, 0]],
    ['outgoing to another homeserver is queued', [ready()], friendship('outgoing'), (s) => outgoingRequests(s).map((/** @type {any} */ r) => [r.address, r.state]), [[carol, 'queued']]],
    ['outgoing on this homeserver is pending', [ready({ friends: [], direct: [] })], friendship('outgoing', { user_id: bob, username: 'bob' }), (s) => outgoingRequests(s)[0].state, 'pending'],
    ['outgoing again keeps what the list said', [ready({ friend_requests: [requestOf(carol, { direction: 'outgoing', timestamp: time(5) })] })], friendship('outgoing'), (s) => [s.requests.get(id(70)).state, s.requests.get(id(70)).timestamp], ['pending', time(5)]],
    ['incoming', [ready()], friendship('incoming'), (s) => incomingRequests(s).length, 1],
    ['none: the request is gone', [ready({ friend_requests: [requestOf(carol)] })], friendship('none', { reason: 'declined' }), (s) => s.requests.size, 0],
    ['none: a friend is gone, the conversation stays', [ready(), live(bob, 1)], friendship('none', { user_id: bob, username: 'bob', reason: 'removed' }), (s) => [s.friends.size, of(s).writable, of(s).messages.length], [0, false, 1]],
    ['failed: only that request is gone', [ready({ friend_requests: [requestOf(carol, { direction: 'outgoing' })] })], friendship('failed', { code: 'blocked' }), (s) => [s.requests.size, s.friends.size], [0, 1]],
    ['blocked: no friend any more, and nothing is asked', [ready({ friend_requests: [requestOf(bob)] }), friendStatus(bob, 'online')], friendship('blocked', { user_id: bob, username: 'bob' }), (s) => [[...s.blocks.values()], s.friends.size, s.requests.size, s.presence.size, of(s).writable], [[{ address: bob, username: 'bob' }], 0, 0, 0, false]],
    ['blocked: somebody with whom there was nothing', [ready()], friendship('blocked', { request_id: undefined }), (s) => [[...s.blocks.keys()], s.friends.size, s.malformed], [[carol], 1, 0]],
    ['unblocked: that brings no friendship back', [ready({ friends: [], blocks: [{ user_id: bob, username: 'bob' }] })], friendship('none', { user_id: bob, username: 'bob', reason: 'unblocked', request_id: undefined }), (s) => [s.blocks.size, s.friends.size, s.malformed], [0, 0, 0]],
    ['an end that is no unblocking leaves a block', [ready({ blocks: [{ user_id: carol, username: 'carol' }] })], friendship('none', { reason: 'withdrawn' }), (s) => [...s.blocks.keys()], [carol]],
    ['a request needs its id', [ready()], friendship('outgoing', { request_id: undefined }), (s) => [s.malformed, s.requests.size], [1, 0]],
    ['ready brings blocks', [ready()], ready({ blocks: [{ user_id: carol, username: 'carol' }] }), (s) => blockList(s).map((/** @type {any} */ one) => one.address), [carol]],
    ['ready brings who is online, and oneself', [ready(), friendStatus(bob, 'online')], ready({ user: { user_id: alice.address, username: 'alice', status: 'invisible', show_last_seen: false }, friends: [{ user_id: bob, username: 'bob', since: time(0), status: 'offline', last_seen: time(9) }] }), (s) => [s.presence.get(bob), s.own], [{ status: 'offline', lastSeen: time(9) }, { status: 'invisible', showLastSeen: false }]],
    ['ready of an older homeserver has neither', [ready(), friendStatus(bob, 'online')], olderReady(), (s) => [s.presence.size, s.own, s.blocks, s.friends.size, s.malformed], [0, null, null, 1, 0]],
    ['a friend comes', [ready({ friends: [{ user_id: bob, username: 'bob', since: time(0), status: 'offline', last_seen: time(9) }] })], friendStatus(bob, 'online'), (s) => s.presence.get(bob), { status: 'online', lastSeen: null }],
    ['a friend goes', [ready(), friendStatus(bob, 'online')], friendStatus(bob, 'offline', { last_seen: time(60) }), (s) => s.presence.get(bob), { status: 'offline', lastSeen: time(60) }],
    ['a friend is told of before he is one', [ready(), friendStatus(carol, 'online')], friendship('friends'), (s) => s.presence.get(carol).status, 'online'],
    ['nobody is invisible to others', [ready()], friendStatus(bob, 'invisible'), (s) => [s.malformed, s.presence.get(bob).status], [1, 'offline']],
    ["one's own status, changed anywhere", [ready()], { type: 'own-status-changed', status: 'invisible', show_last_seen: false, s: 1 }, (s) => s.own, { status: 'invisible', showLastSeen: false }],
    ['an unknown type changes nothing', [ready()], { type: 'reaction-added', s: 9 }, (s) => s.malformed, 0],
    ['a malformed frame is counted', [ready()], { ...live(bob, 1), seq: '1' }, (s) => [s.malformed, of(s).messages.length], [1, 0]],
];

for (const [name, before, frame, look, expected] of table) {
    test(name, () => assert.deepEqual(look(stateAfter(...before, frame)), expected));
}

test('every frame that the client knows stands in the table, or in that of communities.test.js', () => {
    const tried = new Set([...table.map(([, , frame]) => frame.type), ...Object.keys(communityFrameChecks)]);
    assert.deepEqual(frameTypes.filter((type) => !tried.has(type)), []);
});

test('what a frame does not touch stays the same object', () => {
    const before = stateAfter(ready({ direct: [direct(bob), direct(carol)] }), live(bob, 1));
    const next = after(before, live(carol, 1));
    assert.equal(next.conversations.get(bob), before.conversations.get(bob));
    assert.equal(next.friends, before.friends);
    assert.equal(conversationList(next), conversationList(next));
    assert.equal(totalUnread(next), 2);
});

test('the same ready again changes no conversation, friend or request', () => {
    const frame = ready({
        direct: [direct(bob, { last_seq: 1, last_message: { message_id: id(9), seq: 1, from_user_id: bob, message: 'hi', timestamp: time(1) } })],
        friend_requests: [requestOf(carol)],
    });
    const before = stateAfter(frame);
    const next = after(before, frame);
    assert.equal(next.conversations.get(bob), before.conversations.get(bob));
    assert.equal(next.friends, before.friends);
    assert.equal(next.requests, before.requests);
});

test('a status that says nothing new changes nothing', () => {
    const state = stateAfter(ready(), friendStatus(bob, 'offline', { last_seen: time(60) }), { type: 'own-status-changed', status: 'online', show_last_seen: true, s: 1 });
    const next = after(state, friendStatus(bob, 'offline', { last_seen: time(60) }), { type: 'own-status-changed', status: 'online', show_last_seen: true, s: 2 });
    assert.deepEqual([next.presence === state.presence, next.own === state.own], [true, true]);
});

test('who is online is shown while the link is live, of friends only, and again after it was down', () => {
    const down = action('link', { link: { status: 'waiting', lostAt: 1, retryAt: 2, reason: null } });
    const state = stateAfter(isLive, ready(), friendStatus(bob, 'online'), friendStatus(carol, 'online'));
    const seen = (/** @type {any} */ now) => [presenceOf(now, bob)?.status, statusOf(now, carol), statusOf(now, alice.address), onlineCount(now)];
    assert.deepEqual(seen(state), ['online', null, 'online', 1]);
    assert.deepEqual(seen(after(state, down)), [undefined, null, null, 0]);
    assert.deepEqual(seen(after(state, down, isLive)), ['online', null, 'online', 1]);
    assert.deepEqual(seen(stateAfter(isLive, olderReady())), [undefined, null, null, 0]);
});

test('signing out leaves nothing of the account', () => {
    const state = stateAfter(ready(), live(bob, 1), action('outgoing-added', { entry: outgoing('a') }), action('signed-out'));
    assert.equal(state.account, null);
    assert.deepEqual([state.conversations.size, state.friends.size, state.requests.size, unsentCount(state)], [0, 0, 0, 0]);
});

test('frames after signing out change nothing', () => {
    assert.equal(stateAfter(ready(), action('signed-out'), live(bob, 1)).conversations.size, 0);
});

test('an action that does not exist is a mistake of ours', () => {
    assert.throws(() => stateAfter(action('nonsense')), /there is no action nonsense/);
});

test('the column has what has begun, the latest first', () => {
    const state = stateAfter(ready({ direct: [direct(bob), direct(carol), direct('dave@alpha.example')] }), live(bob, 1), live(carol, 2), action('draft', { address: 'dave@alpha.example', text: 'x' }));
    assert.deepEqual(conversationList(state).map(({ address }) => address), [carol, bob, 'dave@alpha.example']);
    assert.equal(isCaughtUp(of(state)), true);
    assert.equal(isCaughtUp(of(state, carol)), false);
});

test('preferences take only what they can be', () => {
    const state = stateAfter(action('preferences', { preferences: { theme: 'dark', contrast: 'pink', sounds: 'yes', other: 1 } }));
    assert.deepEqual(state.preferences, { theme: 'dark', contrast: 'system', language: 'system', sounds: true, desktop: false });
});

test('toasts are at most five, conditions one of a kind', () => {
    const toasts = Array.from({ length: 7 }, (_, n) => action('toast-added', { toast: { id: String(n), kind: 'info', text: '', actions: [], about: null, expiresAt: 0 } }));
    const state = stateAfter(...toasts, action('toast-dismissed', { id: '4' }), action('condition-began', { id: 'storage', detail: 'full' }), action('condition-began', { id: 'storage', detail: 'refused' }));
    assert.deepEqual(state.toasts.map(({ id }) => id), ['2', '3', '5', '6']);
    assert.deepEqual(state.conditions, [{ id: 'storage', detail: 'refused' }]);
    assert.deepEqual(after(state, action('condition-ended', { id: 'storage' })).conditions, []);
});

test('a preview is cut where ready cuts it: at 200 code points', () => {
    const state = stateAfter(ready(), live(bob, 1, { message: '😀'.repeat(201) }));
    assert.deepEqual([of(state).preview.text, of(state).preview.truncated], ['😀'.repeat(200), true]);
    assert.equal(of(stateAfter(ready(), live(bob, 1, { message: '😀'.repeat(200) }))).preview.truncated, false);
});

test('the account is whom the cookie belongs to', () => assert.equal(stateAfter().account.address, alice.address));

test('toasts of a request and of messages go once it is answered and they are read, wherever that was', () => {
    const request = { request_id: id(70), user_id: carol, username: 'carol', direction: 'incoming', state: 'pending', timestamp: time(0) };
    const toast = (/** @type {string} */ name, /** @type {any} */ about) => action('toast-added', { toast: { id: name, kind: 'info', text: '', actions: [], about, expiresAt: Infinity } });
    let state = stateAfter(ready({ friend_requests: [request] }), live(bob, 1), toast('request', { requestId: id(70) }), toast('message', { unreadOf: bob }), toast('other', null));
    const shown = () => state.toasts.map((/** @type {any} */ one) => one.id);
    assert.deepEqual(shown(), ['request', 'message', 'other']);
    state = after(state, { type: 'unread-changed', conversation_id: id(2), user_id: bob, username: 'bob', read_seq: 1, unread: 0, last_seq: 1, s: 2 });
    assert.deepEqual(shown(), ['request', 'other']);
    state = after(state, { type: 'friendship-changed', user_id: carol, username: 'carol', request_id: id(70), state: 'none', s: 3 });
    assert.deepEqual(shown(), ['other']);
});
