/** Whichever way a client learns what happened (from the start, from somewhere in the middle, late, twice, in pages), it ends in the same state. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { action, alice, bob, carol, direct, historyPage, id, live, message, ready, seeded, stateAfter, after, time } from './fixtures.js';

const dave = 'dave@alpha.example';
const people = [bob, carol, dave];

/** What the homeserver would say: it keeps the truth, tells the frames of it, and can write `ready` and pages at any moment. */
class Homeserver {
    frames = /** @type {any[]} */ ([]);
    conversations = new Map(people.map((address) => [address, { messages: /** @type {any[]} */ ([]), readSeq: 0, exists: address !== dave }]));
    friends = new Set([bob, carol]);
    /** @type {Map<string, any>} */
    requests = new Map();

    /** @param {() => number} random */
    constructor(random) {
        this.random = random;
    }

    step() {
        const address = people[Math.floor(this.random() * people.length)];
        const choice = this.random();
        if (choice < 0.55) this.#write(address, false);
        else if (choice < 0.75) this.#write(address, true);
        else if (choice < 0.9) this.#read(address);
        else this.#befriend(address);
    }

    /** @param {any} frame */
    #tell(frame) {
        this.frames.push({ ...frame, s: this.frames.length + 1 });
    }

    /** @param {string} address @param {boolean} own */
    #write(address, own) {
        const conversation = /** @type {any} */ (this.conversations.get(address));
        if (!conversation.exists) return;
        const seq = conversation.messages.length + 1;
        const raw = live(address, seq, { own, message: `${address} ${seq}`.repeat(1 + Math.floor(this.random() * 20)) });
        conversation.messages.push(raw);
        this.#tell(raw);
    }

    /** @param {string} address */
    #read(address) {
        const conversation = /** @type {any} */ (this.conversations.get(address));
        const seq = conversation.readSeq + Math.floor(this.random() * (conversation.messages.length - conversation.readSeq + 1));
        if (seq <= conversation.readSeq) return;
        conversation.readSeq = seq;
        const { unread, last_seq } = this.#entry(address);
        this.#tell({ type: 'unread-changed', conversation_id: direct(address).conversation_id, user_id: address, username: address.split('@')[0], read_seq: seq, unread, last_seq });
    }

    /** @param {string} address */
    #befriend(address) {
        const username = address.split('@')[0];
        const request_id = id(900 + people.indexOf(address));
        const change = { type: 'friendship-changed', user_id: address, username, request_id };
        if (this.friends.has(address)) {
            this.friends.delete(address);
            this.#tell({ ...change, state: 'none', reason: 'removed' });
        } else if (this.requests.has(address)) {
            this.requests.delete(address);
            this.friends.add(address);
            /** @type {any} */ (this.conversations.get(address)).exists = true;
            this.#tell({ ...change, state: 'friends' });
        } else {
            const timestamp = time(this.frames.length);
            this.requests.set(address, { request_id, user_id: address, username, direction: 'incoming', state: 'pending', timestamp });
            this.#tell({ type: 'new-friend-request', from_user_id: address, from_username: username, request_id, timestamp });
        }
    }

    /** @param {string} address */
    #entry(address) {
        const { messages, readSeq } = /** @type {any} */ (this.conversations.get(address));
        const last = messages.at(-1);
        const points = Array.from(last?.message ?? '');
        return direct(address, {
            state: this.friends.has(address) ? 'friends' : 'none',
            last_seq: messages.length,
            read_seq: readSeq,
            unread: messages.slice(readSeq).filter((/** @type {any} */ one) => one.from_user_id !== alice.address).length,
            ...(last && {
                last_message: {
                    message_id: last.message_id,
                    seq: last.seq,
                    from_user_id: last.from_user_id,
                    message: points.slice(0, 200).join(''),
                    timestamp: last.timestamp,
                    ...(points.length > 200 && { truncated: true }),
                },
            }),
        });
    }

    ready() {
        return ready({
            direct: people.filter((address) => this.conversations.get(address)?.exists).map((address) => this.#entry(address)),
            friends: [...this.friends].map((address) => ({ user_id: address, username: address.split('@')[0], since: time(0) })),
            friend_requests: [...this.requests.values()],
        });
    }

    /** Everything that a client asks for, so that nothing is stale. @param {any} state */
    pages(state) {
        return [...state.conversations.values()]
            .filter(({ stale }) => stale)
            .map(({ address, loadedSeq }) => {
                const all = /** @type {any} */ (this.conversations.get(address)).messages;
                const events = all.slice(loadedSeq);
                return action('page', { address, page: { events, last_seq: all.length }, after: loadedSeq, limit: 10_000 });
            });
    }
}

/** What a person sees; when a friendship began is told by `ready` only. @param {any} state */
function seen(state) {
    const conversations = [...state.conversations.values()]
        .map(({ address, writable, lastSeq, readSeq, unread, preview, messages, stale, complete, outgoing }) => ({ address, writable, lastSeq, readSeq, unread, preview, messages, stale, complete, outgoing }))
        .sort((a, b) => (a.address < b.address ? -1 : 1));
    return { conversations, friends: [...state.friends.keys()].sort(), requests: [...state.requests.values()].sort((a, b) => (a.address < b.address ? -1 : 1)), malformed: state.malformed };
}

for (let seed = 1; seed <= 60; seed += 1) {
    test(`ready, live and replay give the same state (seed ${seed})`, () => {
        const random = seeded(seed);
        const server = new Homeserver(random);
        const snapshots = [server.ready()];
        const length = 30 + Math.floor(random() * 60);
        while (server.frames.length < length) {
            server.step();
            while (snapshots.length <= server.frames.length) snapshots.push(server.ready());
        }
        const fresh = stateAfter(server.ready());
        const truth = seen(after(fresh, ...server.pages(fresh)));
        const start = Math.floor(random() * length);
        let state = stateAfter(snapshots[start]);
        for (const [index, frame] of server.frames.slice(start).entries()) {
            const chance = random();
            if (chance < 0.1) state = after(state, ...server.pages(state));
            // Live frames that were missed: a fresh ready says the rest, as after a resync.
            else if (chance < 0.15) state = after(state, snapshots[start + index]);
            state = after(state, frame);
            // A replay that overlaps brings a message a second time.
            if (random() < 0.1 && frame.seq) state = after(state, frame);
        }
        state = after(state, ...server.pages(state));
        assert.deepEqual(seen(state), truth);
    });
}

test('pages in any order beside live frames end in the same list', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
        const random = seeded(seed);
        const total = 120;
        const all = Array.from({ length: total }, (_, index) => message(bob, index + 1));
        let state = stateAfter(ready({ direct: [direct(bob, { last_seq: total - 20 })] }));
        let told = total - 20;
        for (let turn = 0; turn < 400; turn += 1) {
            const { messages, loadedSeq } = /** @type {any} */ (state.conversations.get(bob));
            const choice = random();
            if (choice < 0.2 && told < total) state = after(state, live(bob, (told += 1)));
            else if (choice < 0.4) state = after(state, historyPage(bob, all.slice(Math.max(0, told - 50), told), told));
            else if (choice < 0.7 && messages.length) {
                const before = messages[0].seq;
                state = after(state, historyPage(bob, all.slice(Math.max(0, before - 51), before - 1), told, { before }));
            } else if (choice < 0.9) state = after(state, action('page', { address: bob, page: { events: all.slice(loadedSeq, Math.min(told, loadedSeq + 200)).map((raw) => ({ type: 'new-private-message', ...raw })), last_seq: told }, after: loadedSeq, limit: 200 }));
            const list = /** @type {any} */ (state.conversations.get(bob)).messages.map((/** @type {any} */ one) => one.seq);
            assert.ok(list.every((/** @type {number} */ seq, /** @type {number} */ index) => index === 0 || seq === list[index - 1] + 1), `seed ${seed}, turn ${turn}: nothing is missing between the first and the last`);
        }
        const end = /** @type {any} */ (state.conversations.get(bob));
        assert.deepEqual([end.messages.length, end.complete, end.stale], [total, true, false], `seed ${seed}`);
    }
});
