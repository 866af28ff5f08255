/** The application and the session of who is signed in, with the browser and the homeserver played at the modules' edge. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { createHome } from '../../Sources/WebClient/Client/js/home.js';
import { community, garden, general, readyInGarden, summary } from './community-fixtures.js';
import { alice, bob, carol, Clock, hello, id, live, ready, settled, time } from './fixtures.js';

/** A browser with nothing but what the application asks of it, and a homeserver that answers by `answers`. */
class Played {
    clock = new Clock();
    items = new Map();
    asked = /** @type {string[]} */ ([]);
    sockets = /** @type {any[]} */ ([]);
    /** @type {Record<string, (body: any) => [number, any]>} */
    answers = {
        'GET /server': () => [200, { name: 'alpha.example', registration: 'open' }],
        'GET /limits': () => [200, {}],
        'GET /me': () => [200, { user_id: alice.address }],
        'POST /ws-ticket': () => [200, { ticket: 'T' }],
        'POST /login': () => [200, { user_id: alice.address }],
        'POST /logout': () => [204, null],
    };

    browser() {
        const played = this;
        const { clock, items, asked, sockets } = this;
        let ids = 0;
        class Socket extends EventTarget {
            readyState = 1;
            sent = /** @type {any[]} */ ([]);
            isClosed = false;
            constructor(/** @type {string} */ url) {
                super();
                this.url = url;
                sockets.push(this);
            }
            send(/** @type {string} */ text) {
                this.sent.push(JSON.parse(text));
            }
            close() {
                this.isClosed = true;
            }
            tells(/** @type {any[]} */ ...frames) {
                for (const frame of frames) this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(frame) }));
            }
            ends(/** @type {number} */ code) {
                this.dispatchEvent(Object.assign(new Event('close'), { code }));
            }
        }
        const document = Object.assign(new EventTarget(), { visibilityState: 'visible', hasFocus: () => true, title: '', querySelector: () => null, querySelectorAll: () => [] });
        return /** @type {any} */ ({
            window: Object.assign(new EventTarget(), { focus: () => {} }),
            document,
            navigator: {},
            location: { protocol: 'https:', host: 'alpha.example', hash: '', reload: () => {} },
            fetch: async (/** @type {string} */ url, /** @type {any} */ init) => {
                const what = `${init?.method ?? 'GET'} ${url.replace('/api/v1', '').split('?')[0]}`;
                asked.push(what);
                const [status, body] = played.answers[what]?.(init?.body) ?? [404, { code: 'not_found', message: '' }];
                return new Response(status === 204 ? null : JSON.stringify(body), { status });
            },
            WebSocket: Socket,
            indexedDB: null,
            localStorage: () => ({ getItem: (/** @type {string} */ key) => items.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => items.set(key, value), removeItem: (/** @type {string} */ key) => items.delete(key) }),
            locks: null,
            BroadcastChannel: null,
            Notification: null,
            AudioContext: null,
            now: () => clock.now,
            random: () => 0.5,
            newId: () => `id-${(ids += 1)}`,
            setTimer: clock.setTimer,
            clearTimer: clock.clearTimer,
        });
    }

    async opened() {
        const home = createHome(this.browser(), (run) => run());
        await home.start();
        await settled();
        return home;
    }

    /** Signed in by the form, with a live socket. @param {...any} frames */
    async signedIn(...frames) {
        const home = await this.opened();
        await home.actions.signIn({ username: 'alice', password: 'x' });
        await settled();
        this.sockets[0].tells(hello, ready(), ...frames);
        await settled();
        return home;
    }
}

test('a first visit asks who may come in, and not who one is', async () => {
    const played = new Played();
    const { store } = await played.opened();
    assert.deepEqual([store.state.phase, played.asked], ['signed-out', ['GET /server', 'GET /limits']]);
    assert.equal(store.state.server?.registration, 'open');
});

test('an answer that does not say who the homeserver is: told once, asked again ever more slowly, nothing of it is shown', async () => {
    const server = { name: 'alpha.example', registration: 'open' };
    for (const [broken, limits] of [[{ ...server, name: '<img src=x>' }, {}], [{ ...server, name: 5 }, {}], [{ name: 'alpha.example' }, {}], [{}, {}], [server, { message_bytes: -1 }], [server, { sockets: 1e300 }], [server, { sockets: 'many' }]]) {
        const played = new Played();
        Object.assign(played.answers, { 'GET /server': () => [200, broken], 'GET /limits': () => [200, limits] });
        const { store } = await played.opened();
        await played.clock.pass(60_000);
        const asked = played.asked.filter((what) => what === 'GET /server').length;
        assert.ok(asked > 3 && asked < 10, `${asked} times`);
        assert.deepEqual([store.state.server, store.state.toasts.map(({ kind, text }) => [kind, text])], [null, [['error', 'The homeserver made a mistake. Try again; if it goes on, tell the people who run it.']]]);
        Object.assign(played.answers, { 'GET /server': () => [200, server], 'GET /limits': () => [200, {}] });
        await played.clock.pass(60_000);
        assert.equal(store.state.server?.name, 'alpha.example');
    }
});

test('a way to make an account that is not known here is none', async () => {
    const played = new Played();
    played.answers['GET /server'] = () => [200, { name: 'alpha.example', registration: 'by-post' }];
    assert.equal((await played.opened()).store.state.server?.registration, 'closed');
});

test('who was here before is asked for, shown at once, and gone when the homeserver says so', async () => {
    const played = new Played();
    played.items.set('home.account', JSON.stringify(alice));
    played.answers['GET /me'] = () => [401, { code: 'unauthorized', message: '' }];
    const home = createHome(played.browser(), (run) => run());
    const starting = home.start();
    assert.deepEqual([home.store.state.phase, home.store.state.account], ['signed-in', alice]);
    await starting;
    await settled();
    assert.deepEqual([home.store.state.phase, played.items.has('home.account')], ['signed-out', false]);
});

test('frames go to the store, to the outbox and to who is told', async () => {
    const played = new Played();
    const { store, actions } = await played.signedIn();
    const [socket] = played.sockets;
    assert.match(socket.url, /^wss:\/\/alpha\.example\/ws\?token=T$/);
    assert.deepEqual([store.state.link.status, store.state.friends.has(bob)], ['live', true]);
    actions.send(bob, 'hello');
    await settled();
    const sent = socket.sent.find((/** @type {any} */ frame) => frame.type === 'private-message');
    assert.deepEqual([sent.receiver_id, sent.message], [bob, 'hello']);
    socket.tells({ type: 'error', code: 'not_friends', message: 'no', nonce: sent.nonce, ref_type: 'private-message' });
    assert.equal(store.state.conversations.get(bob)?.outgoing[0].failure?.code, 'not_friends');
    // A frame that is not what the protocol says reaches nobody.
    socket.tells({ type: 'new-friend-request', from_user_id: 5 });
    assert.deepEqual([store.state.malformed, store.state.toasts.length], [1, 0]);
    socket.tells(live(bob, 1));
    assert.equal(store.state.toasts.length, 1);
});

test('the toast of a request accepts it, and says when that did not work', async () => {
    for (const [status, kind] of /** @type {Array<[number, string]>} */ ([[204, 'success'], [404, 'error']])) {
        const played = new Played();
        played.answers[`POST /friend-requests/${id(70)}/accept`] = () => [status, { code: 'not_found', message: '' }];
        const { store } = await played.signedIn({ type: 'new-friend-request', from_user_id: carol, from_username: 'carol', request_id: id(70), timestamp: time(3), s: 1 });
        const [, accept] = store.state.toasts[0].actions;
        accept.run?.();
        await settled();
        assert.deepEqual([played.asked.at(-1), store.state.toasts.at(-1)?.kind], [`POST /friend-requests/${id(70)}/accept`, kind]);
    }
});

test("one's own status goes over the socket, who sees when one was here by HTTP, and both come back", async () => {
    const played = new Played();
    const { store, actions } = await played.signedIn();
    const done = actions.setStatus('invisible');
    assert.deepEqual([played.sockets[0].sent.at(-1), store.state.own?.status], [{ type: 'status-update', status: 'invisible' }, 'online']);
    played.sockets[0].tells({ type: 'own-status-changed', status: 'invisible', show_last_seen: true, s: 1 });
    await done;
    const me = { user_id: alice.address, status: 'invisible', show_last_seen: false };
    played.answers['PATCH /me'] = (body) => [200, { ...me, ...JSON.parse(body) }];
    await actions.setShowLastSeen(false);
    assert.deepEqual(store.state.own, { status: 'invisible', showLastSeen: false });
    played.answers['PATCH /me'] = () => [200, { ...me, show_last_seen: 'no' }];
    await assert.rejects(actions.setShowLastSeen(true), { code: 'internal' });
    const lost = assert.rejects(actions.setStatus('online'), { code: 'network' });
    played.sockets[0].ends(1006);
    await lost;
    assert.equal(store.state.own?.status, 'invisible');
});

test('blocking and its end are asked for by address, and come back by frames', async () => {
    const played = new Played();
    const path = `/blocks/${encodeURIComponent(bob)}`;
    Object.assign(played.answers, { [`PUT ${path}`]: () => [204, null], [`DELETE ${path}`]: () => [204, null] });
    const { store, actions } = await played.signedIn();
    await actions.block(bob);
    assert.equal(store.state.blocks?.size, 0);
    played.sockets[0].tells({ type: 'friendship-changed', user_id: bob, username: 'bob', state: 'blocked', s: 1 });
    assert.deepEqual([store.state.blocks?.size, store.state.friends.size], [1, 0]);
    await actions.unblock(bob);
    assert.deepEqual(played.asked.slice(-2), [`PUT ${path}`, `DELETE ${path}`]);
});

test('signing out closes the socket, leaves nothing of the account, and says so to the homeserver first', async () => {
    const played = new Played();
    const { store, actions } = await played.signedIn(live(bob, 1));
    actions.saveDraft(bob, 'half');
    // The homeserver ends the socket with the session: that is not a sign-in that was ended elsewhere.
    played.answers['POST /logout'] = () => {
        played.sockets[0].ends(4013);
        return [204, null];
    };
    await actions.signOut();
    const { phase, account, conversations, friends, toasts } = store.state;
    assert.deepEqual([phase, account, conversations.size, friends.size, played.sockets[0].isClosed], ['signed-out', null, 0, 0, true]);
    assert.deepEqual([toasts.filter(({ kind }) => kind === 'warning'), played.items.has('home.account'), played.asked.includes('POST /logout')], [[], false, true]);
    // Nothing goes on: no reconnect, however long one waits.
    await played.clock.pass(120_000);
    assert.equal(played.sockets.length, 1);
});

test('a sign-out that does not reach the homeserver is none', async () => {
    const played = new Played();
    const { store, actions } = await played.signedIn();
    played.answers['POST /logout'] = () => [503, { code: 'unavailable', message: '' }];
    await assert.rejects(actions.signOut(), { code: 'unavailable' });
    await settled();
    assert.deepEqual([store.state.phase, store.state.account, played.sockets.length], ['signed-in', alice, 2]);
});

test('a session that was ended elsewhere ends here, with a word why', async () => {
    const played = new Played();
    const { store } = await played.signedIn();
    played.sockets[0].ends(4013);
    await settled();
    assert.deepEqual([store.state.phase, store.state.toasts.map(({ kind }) => kind)], ['signed-out', ['warning']]);
});

test('who makes or joins a community is in it at once; a broken answer is told and puts nobody anywhere', async () => {
    const played = new Played();
    const { store, actions } = await played.signedIn();
    const made = id(601);
    Object.assign(played.answers, {
        'POST /servers': () => [201, community({ server_id: made, name: 'Yard' })],
        'POST /invite-links/abc%40beta.example/join': () => [200, { server_id: garden, state: 'joined' }],
        'POST /invite-links/far/join': () => [200, { server_id: id(602), state: 'joining' }],
        'POST /invite-links/odd/join': () => [200, { server_id: '<b>', state: 'joined' }],
        'POST /invite-links/half/join': () => [200, { server_id: id(603), state: 'joined' }],
        [`GET /servers/${garden}`]: () => [200, community()],
        [`GET /servers/${id(603)}`]: () => [200, { ...community({ server_id: id(603) }), channels: 'none' }],
    });
    assert.equal(await actions.createCommunity({ name: 'Yard', description: '' }), made);
    assert.deepEqual(await actions.joinByLink('abc@beta.example'), { server_id: garden, state: 'joined' });
    assert.equal((await actions.joinByLink('far')).state, 'joining');
    for (const code of ['odd', 'half']) await assert.rejects(actions.joinByLink(code), { code: 'internal' });
    await assert.rejects(actions.joinByLink('unknown'), { code: 'not_found' });
    assert.deepEqual([...store.state.communities.keys()].sort(), [garden, made].sort());
    assert.ok(store.state.conversations.has(general));
});

test('what could not be sent before one was put out of a community is shown until it is dismissed, and not to who signs in next', async () => {
    const played = new Played();
    played.answers[`GET /servers/${garden}`] = () => [200, community()];
    const { store, actions } = await played.signedIn(readyInGarden());
    for (const text of ['one **word**', 'two']) actions.send(general, text);
    await played.clock.pass(1_000);
    assert.equal(store.state.conversations.get(general)?.outgoing.length, 2);
    played.sockets[0].tells({ type: 'community-changed', state: 'gone', reason: 'kicked', ...summary({ version: 3 }), s: 1 });
    await settled();
    const toasts = store.state.toasts.map(({ kind, text, actions: doing, expiresAt }) => [kind, text, doing.map(({ label }) => label), expiresAt === Infinity]);
    assert.deepEqual(toasts, [
        ['warning', 'Their channel is not there for you any more, so 2 messages were not sent. The first: “one word”', ['Copy text'], true],
        ['warning', 'You were removed from Garden.', [], false],
    ]);
    await actions.signOut();
    assert.deepEqual([store.state.phase, store.state.toasts.map(({ text }) => text)], ['signed-out', ['You were removed from Garden.']]);
});
