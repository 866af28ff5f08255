/** What is unread in a channel is what a fresh `ready` would say, whichever of the stream, answers and pages is ahead of the others. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Communities } from '../../Sources/WebClient/Client/js/connection/communities.js';
import { channel, community, everybody, garden, gardeners, general, memberChanged, post, readyInGarden, role, summary, unread } from './community-fixtures.js';
import { action, alice, bob, Clock, isLive, ready, seeded, settled, stateAfter, storeOf } from './fixtures.js';

/** What the homeserver knows of alice in the garden: what it would say after each change, and the frames that it tells of it. */
class Homeserver {
    frames = /** @type {any[]} */ ([]);
    /** After each change: how many frames there were, and what is answered. @type {Array<{told: number, ready: any, community: any, page: any}>} */
    moments = [];
    #random;
    #version = 1;
    #messages = /** @type {any[]} */ ([]);
    #lastSeq = 0;
    #readSeq = 0;
    #roles = /** @type {string[]} */ ([]);
    #isIn = false;
    #isSeen = true;

    /** @param {() => number} random */
    constructor(random) {
        this.#random = random;
        this.#note();
    }

    step() {
        const choice = this.#random();
        if (choice < 0.5) this.#write();
        else if (choice < 0.65) this.#delete();
        else if (choice < 0.77) this.#read();
        else if (choice < 0.85) this.#changeRoles();
        else if (choice < 0.92) this.#hideOrShow();
        else if (choice < 0.95) this.#rename();
        else this.#enterOrLeave();
        this.#note();
    }

    /** At last there is something to be counted. */
    settles() {
        if (!this.#isIn) this.#enterOrLeave();
        if (!this.#isSeen) this.#hideOrShow();
        this.#note();
        for (let count = 0; count < 4; count += 1) this.#write(), this.#note();
    }

    #note() {
        const { last_seq, ...rest } = this.#counters();
        const isShown = this.#isIn && this.#isSeen;
        this.moments.push({
            told: this.frames.length,
            ready: this.#isIn ? readyInGarden({ servers: [summary({ version: this.#version })], channels: isShown ? [unread(general, { last_seq, ...rest })] : [] }) : ready(),
            community: this.#isIn ? community({ version: this.#version, role_ids: [...this.#roles], channels: isShown ? [channel(general, { last_seq, ...rest })] : [] }) : null,
            page: isShown ? { messages: this.#messages.map((one) => ({ ...one })), channel_id: general, server_id: garden, last_seq, read_seq: this.#readSeq } : null,
        });
    }

    #counters() {
        const unread = this.#messages.filter((one) => one.seq > this.#readSeq && one.from_user_id !== alice.address && !one.deleted);
        const isMeant = (/** @type {string} */ whom) => whom === 'everyone' || whom === alice.address || this.#roles.includes(whom);
        const mentions = unread.filter((one) => one.mentions.some(isMeant));
        return { last_seq: this.#lastSeq, read_seq: this.#readSeq, unread: unread.length, mentions: mentions.length };
    }

    /** @param {any} frame */
    #tell(frame) {
        if (this.#isIn) this.frames.push({ ...frame, s: this.frames.length + 1 });
    }

    /** @param {any} frame */
    #tellInChannel(frame) {
        if (this.#isSeen) this.#tell(frame);
    }

    /** @template T @param {ReadonlyArray<T>} list */
    #one(list) {
        return list[Math.floor(this.#random() * list.length)];
    }

    #write() {
        const mentions = this.#one([[], [alice.address], ['everyone'], [gardeners], [bob]]);
        const raw = post((this.#lastSeq += 1), { n: this.#messages.length + 1, own: this.#random() < 0.2, mentions });
        this.#messages.push(raw);
        this.#tellInChannel({ type: 'new-channel-message', ...raw });
    }

    #delete() {
        const left = this.#messages.filter((one) => !one.deleted);
        if (left.length === 0) return;
        const raw = this.#one(left);
        Object.assign(raw, { deleted: true, message: '', mentions: [] });
        this.#lastSeq += 1;
        this.#tellInChannel({ type: 'message-deleted', server_id: garden, channel_id: general, message_id: raw.message_id, message_seq: raw.seq, seq: this.#lastSeq, by_user_id: bob, timestamp: raw.timestamp });
    }

    #read() {
        if (!this.#isIn || !this.#isSeen) return;
        this.#readSeq += Math.floor(this.#random() * (this.#lastSeq - this.#readSeq + 1));
        this.#tell({ type: 'unread-changed', server_id: garden, channel_id: general, ...this.#counters() });
    }

    #changeRoles() {
        if (!this.#isIn) return;
        this.#version += 1;
        this.#roles = this.#roles.length ? [] : [gardeners];
        this.#tell(memberChanged({ version: this.#version, user_id: alice.address, username: 'alice', role_ids: [...this.#roles] }));
    }

    #hideOrShow() {
        this.#version += 1;
        this.#isSeen = !this.#isSeen;
        const { read_seq: _, unread: __, mentions: ___, permissions: ____, ...told } = channel(general, { last_seq: this.#lastSeq });
        const state = this.#isSeen ? { state: 'present', channel: told } : { state: 'gone' };
        this.#tell({ type: 'channel-changed', server_id: garden, version: this.#version, channel_id: general, ...state });
    }

    #rename() {
        this.#version += 1;
        this.#tell({ type: 'community-changed', ...summary({ version: this.#version }), state: 'member', reason: 'role', role: role(everybody) });
    }

    #enterOrLeave() {
        this.#version += 1;
        if (this.#isIn) this.#tell({ type: 'community-changed', ...summary({ version: this.#version }), state: 'gone', reason: 'left' });
        this.#isIn = !this.#isIn;
        if (!this.#isIn) return void (this.#roles = []);
        this.#readSeq = this.#lastSeq;
        this.#tell(memberChanged({ version: this.#version, user_id: alice.address, username: 'alice', reason: 'joined' }));
        this.#tell({ type: 'community-changed', ...summary({ version: this.#version }), state: 'member', reason: 'joined' });
    }
}

/** What a person sees. @param {any} state */
function seen(state) {
    const { lastSeq, readSeq, unread, mentions, isMiscounted } = state.conversations.get(general) ?? {};
    const { isOutdated, details } = state.communities.get(garden) ?? {};
    return { lastSeq, readSeq, unread, mentions, isMiscounted, isOutdated, roles: details?.roleIds, channels: details?.channels.length, malformed: state.malformed };
}

for (let seed = 1; seed <= 200; seed += 1) {
    test(`what is counted is what ready would say, whatever comes first (seed ${seed})`, async () => {
        const random = seeded(seed);
        const server = new Homeserver(random);
        for (let step = 0; step < 15; step += 1) server.step();
        server.settles();
        const clock = new Clock();
        const store = storeOf(stateAfter(isLive));
        let heard = Math.floor(random() * server.frames.length * 0.5);
        /** A moment at which something may be read, now that so many frames have been heard: it may be ahead of them. */
        const moment = () => {
            const first = server.moments.findIndex(({ told }) => told >= heard);
            return server.moments[Math.min(server.moments.length - 1, first + Math.floor(random() * 5))];
        };
        /** @type {Array<() => void>} */
        const waiting = [];
        const get = () =>
            new Promise((resolve, reject) => {
                const { community } = moment();
                const gone = Object.assign(new Error(), { code: 'not_found', message: '' });
                waiting.push(() => (community ? resolve(community) : reject(gone)));
            });
        new Communities(/** @type {any} */ ({ get }), store, { ...clock, now: () => clock.now, random }).watch(new AbortController().signal);
        const begins = () => store.dispatch({ type: 'frame', frame: moment().ready, now: 0 });
        begins();
        while (heard < server.frames.length) {
            await clock.pass(random() * 1_000);
            if (waiting.length && random() < 0.5) waiting.splice(Math.floor(random() * waiting.length), 1)[0]();
            else if (random() < 0.03) {
                // A new stream: it gathers what is told, then `ready` is read.
                heard = Math.min(server.frames.length, heard + Math.floor(random() * 5));
                begins();
            } else if (random() < 0.1) {
                const { page } = moment();
                if (page && store.state.conversations.has(general)) store.dispatch({ type: 'page', address: general, page, limit: 10_000 });
            } else store.dispatch({ type: 'frame', frame: server.frames[heard++], now: 0 });
            await settled();
        }
        const end = /** @type {any} */ (server.moments.at(-1));
        for (let turn = 0; turn < 20; turn += 1) {
            for (const answer of waiting.splice(0)) answer();
            await clock.pass(60_000);
        }
        const truth = stateAfter(end.ready, ...(end.community ? [action('community-known', { community: end.community })] : []));
        assert.deepEqual(seen(store.state), seen(truth));
        assert.equal(waiting.length, 0, 'what is known is not asked for');
    });
}
