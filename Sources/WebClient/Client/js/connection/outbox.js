/**
 * @file Sends what was written here, whatever happens meanwhile: kept before it is sent, in order within a conversation, one at a time,
 * again with the same nonce until the homeserver has answered. Of several tabs only the one that holds the lock sends; the others show
 * the same rows and hand over what they take.
 */

import { isChannel } from '../store/conversations.js';
import { unsentCount } from '../store/selectors.js';

/** What was written longer ago (ms) is not sent any more without asking. */
const lifetime = 24 * 60 * 60 * 1000;
/** Without an answer for that long (ms) on a live link it is sent again; the nonce makes that harmless. */
const patience = 15_000;
/** When the homeserver says that it cannot now, and not for how long; and the shortest that it may say (ms). */
const pause = 3_000;
const shortestPause = 100;
/** Messages of one account that may wait here; more are not taken. */
const mostWaiting = 500;
/** What passes by itself. Everything else is told to the person. */
const passing = ['rate_limited', 'slow_mode', 'unavailable'];
/** The frames that send, and those by which what was sent comes back. */
const sending = ['private-message', 'channel-message'];
const answers = ['ack', 'private-message-sent', 'new-channel-message'];

/** @typedef {import('../store/types.js').Outgoing} Outgoing */

/**
 * @typedef {object} OutboxParts
 * @property {import('../store/store.js').Store} store
 * @property {{all: (store: 'outbox') => Promise<Outgoing[]>, put: (store: 'outbox', ...entries: Outgoing[]) => Promise<boolean>, remove: (store: 'outbox', ...nonces: string[]) => Promise<void>}} database
 * @property {(frame: object) => boolean} send
 * @property {{post: (message: object) => void}} tabs  to the other tabs of the account
 * @property {(run: () => void, ms: number) => any} setTimer
 * @property {(timer: any) => void} clearTimer
 * @property {() => number} now
 * @property {() => string} newNonce
 * @property {(texts: string[]) => void} lost  written for a channel that is not there for one any more, and not sent
 */

export class Outbox {
    #parts;
    #isSender = false;
    #isLive = false;
    #isStopped = false;
    #lastCreatedAt = 0;
    /** @type {Map<string, Outgoing>} what is kept, as well as it can be, by its nonce */
    #kept = new Map();
    /** @type {Set<string>} nonces that have left the state: a read of the database that began before must not bring them back */
    #gone = new Set();
    /** @type {Set<string>} nonces of what the homeserver had, and of which something may have been told that was not heard here */
    #unsure = new Set();
    /** @type {Map<string, {nonce: string, timer: any}>} what waits for its answer, by conversation */
    #inFlight = new Map();
    /** @type {Map<string, {timer: any, code: string|null}>} conversations that have to wait, and why, where the homeserver said it */
    #pauses = new Map();

    /** @param {OutboxParts} parts */
    constructor(parts) {
        this.#parts = parts;
    }

    /** Shows what was kept, also from before a reload. @param {AbortSignal} signal */
    async start(signal) {
        await this.#restore();
        // An entry leaves the state when its message has come, by whichever way: it need not be kept any longer.
        this.#parts.store.watch((state) => state.conversations, () => this.#tidy(), signal);
        signal.addEventListener('abort', () => this.#stop(), { once: true });
    }

    /** This tab holds the lock: from now on it sends, also what another one kept. */
    async becomeSender() {
        this.#isSender = true;
        await this.#restore();
        this.#doubt();
    }

    linkIsLive() {
        this.#isLive = true;
        for (const address of [...this.#pauses.keys()]) this.#endPause(address);
        this.#pumpAll();
    }

    linkIsLost() {
        this.#isLive = false;
        for (const { timer } of this.#inFlight.values()) this.#parts.clearTimer(timer);
        this.#inFlight.clear();
    }

    /** @param {string} address @param {string} text @param {{replyTo?: string|null, mentions?: string[], nonce?: string}} [options] */
    add(address, text, { replyTo = null, mentions = [], nonce = this.#parts.newNonce() } = {}) {
        const { state } = this.#parts.store;
        if (this.#find(nonce)) return;
        this.#gone.delete(nonce);
        const isFull = unsentCount(state) >= mostWaiting;
        const problem = isFull ? outboxFull : problemOf(text, state.server?.limits ?? {});
        // After a reload nothing else says whose channel it is, until the community is known.
        const communityId = state.conversations.get(address)?.communityId;
        const entry = { nonce, address, text, replyTo, mentions, createdAt: this.#stamp(), state: 'pending', failure: null, ...(communityId && { communityId }) };
        if (problem) Object.assign(entry, { state: 'failed', failure: problem });
        this.#parts.store.dispatch({ type: 'outgoing-added', entry });
        this.#keep(/** @type {Outgoing} */ (entry));
    }

    /** @param {string} nonce */
    retry(nonce) {
        if (this.#find(nonce)?.state !== 'failed') return;
        this.#parts.store.dispatch({ type: 'outgoing-retried', nonce, createdAt: this.#stamp() });
        this.#keep(/** @type {Outgoing} */ (this.#find(nonce)));
    }

    /** What is on its way already may still arrive. @param {string} nonce */
    cancel(nonce) {
        const address = this.#find(nonce)?.address;
        if (!address) return;
        this.#parts.store.dispatch({ type: 'outgoing-removed', nonce });
        this.#gone.add(nonce);
        this.#parts.tabs.post({ kind: 'outbox-removed', nonce });
        this.#tidy();
        this.#landed(address, nonce);
    }

    /** What another tab did. @param {any} message */
    onTab(message) {
        const { store } = this.#parts;
        if (message.kind === 'outbox-kept') {
            const known = this.#find(message.entry.nonce);
            if (!known) store.dispatch({ type: 'outgoing-added', entry: message.entry });
            else if (message.entry.state === 'failed') store.dispatch({ type: 'outgoing-failed', nonce: known.nonce, failure: message.entry.failure });
            else store.dispatch({ type: 'outgoing-retried', nonce: known.nonce, createdAt: message.entry.createdAt });
            this.#kept.set(message.entry.nonce, message.entry);
            this.#pump(message.entry.address);
        } else if (message.kind === 'outbox-queued') {
            store.dispatch({ type: 'outgoing-queued', nonce: message.nonce, messageId: message.messageId });
        } else if (message.kind === 'outbox-removed') {
            const address = this.#find(message.nonce)?.address;
            store.dispatch({ type: 'outgoing-removed', nonce: message.nonce });
            if (address) this.#landed(address, message.nonce);
        }
    }

    /** After the reducer has seen it. @param {any} frame  a good one */
    onFrame(frame) {
        if (frame.type === 'error') return this.#onError(frame);
        if (frame.type === 'ready') return this.#doubt();
        if (frame.type === 'delivery') return this.#onDelivery(frame);
        if (frame.type === 'channel-changed') return this.#onChannel(frame);
        if (!answers.includes(frame.type)) return;
        for (const [address, { nonce }] of this.#inFlight) {
            if (nonce !== frame.nonce) continue;
            this.#unsure.delete(nonce);
            this.#noteQueued(nonce);
            this.#tidy();
            this.#landed(address, nonce);
        }
    }

    /** What waits for the home of a community says so after a reload, too, and in other tabs, which hear by its id what becomes of it. @param {string} nonce */
    #noteQueued(nonce) {
        const entry = this.#find(nonce);
        if (!entry?.messageId) return;
        this.#parts.database.put('outbox', entry);
        this.#parts.tabs.post({ kind: 'outbox-queued', nonce, messageId: entry.messageId });
    }

    /** @param {any} frame */
    #onDelivery(frame) {
        if (!this.#isSender) return;
        for (const { outgoing } of this.#parts.store.state.conversations.values()) {
            const entry = outgoing.find(({ messageId }) => messageId === frame.message_id);
            if (entry?.state === 'failed') this.#keep(entry);
            else if (entry) this.#parts.database.put('outbox', entry);
        }
    }

    /** Slow mode may be over, or shorter: the homeserver knows. @param {any} frame */
    #onChannel({ channel_id: address }) {
        if (this.#pauses.get(address)?.code !== 'slow_mode') return;
        this.#endPause(address);
        this.#pump(address);
    }

    /** After an absence: what waits for the home of a community is sent again, with the same nonce, and answered by what has become of it. */
    #doubt() {
        if (!this.#isSender) return;
        for (const { outgoing } of this.#parts.store.state.conversations.values()) {
            for (const { nonce, state } of outgoing) if (state === 'queued' || state === 'delayed') this.#unsure.add(nonce);
        }
        this.#pumpAll();
    }

    /** @param {any} frame */
    #onError(frame) {
        const isOurs = frame.ref_type === undefined || sending.includes(frame.ref_type);
        for (const [address, { nonce }] of [...this.#inFlight]) {
            const isMeant = frame.nonce === nonce;
            // A refusal that names no frame may be about any that waits: those are sent again.
            const mayBeMeant = frame.nonce === undefined && isOurs && passing.includes(frame.code);
            if (!isMeant && !mayBeMeant) continue;
            if (passing.includes(frame.code)) this.#pause(address, Math.max(frame.retry_after_ms ?? pause, shortestPause), frame.code);
            else this.#fail(nonce, { code: frame.code, message: frame.message, field: frame.field ?? null, retryAfterMs: null });
        }
    }

    /** @param {string} address @param {string} nonce  has its answer */
    #landed(address, nonce) {
        const waiting = this.#inFlight.get(address);
        if (waiting?.nonce === nonce) {
            this.#parts.clearTimer(waiting.timer);
            this.#inFlight.delete(address);
        }
        this.#pump(address);
    }

    #pumpAll() {
        for (const { address, outgoing } of [...this.#parts.store.state.conversations.values()]) if (outgoing.length) this.#pump(address);
    }

    /** Sends the next one of a conversation, when nothing of it is under way. @param {string} address */
    #pump(address) {
        if (!this.#isSender || !this.#isLive || this.#isStopped || this.#inFlight.has(address) || this.#pauses.has(address)) return;
        const entry = this.#parts.store.state.conversations.get(address)?.outgoing.find(({ state, nonce }) => state === 'pending' || this.#unsure.has(nonce));
        // The order is that of writing: what is being kept holds up what was written after it.
        if (!entry || !this.#kept.has(entry.nonce)) return;
        if (entry.state === 'pending' && this.#parts.now() - entry.createdAt > lifetime) return this.#fail(entry.nonce, expired);
        if (!this.#parts.send(frameOf(entry))) return;
        const { nonce } = entry;
        const timer = this.#parts.setTimer(() => this.#pause(address, 0, null), patience);
        this.#inFlight.set(address, { nonce, timer });
    }

    /** The same is sent again after a while. @param {string} address @param {number} ms @param {string|null} code  of the homeserver's answer */
    #pause(address, ms, code) {
        this.#parts.clearTimer(this.#inFlight.get(address)?.timer);
        this.#inFlight.delete(address);
        this.#parts.clearTimer(this.#pauses.get(address)?.timer);
        const timer = this.#parts.setTimer(() => {
            this.#endPause(address);
            this.#pump(address);
        }, ms);
        this.#pauses.set(address, { timer, code });
    }

    /** @param {string} address */
    #endPause(address) {
        this.#parts.clearTimer(this.#pauses.get(address)?.timer);
        this.#pauses.delete(address);
    }

    /** @param {string} nonce @param {import('../store/types.js').Failure} failure */
    #fail(nonce, failure) {
        const address = this.#find(nonce)?.address;
        this.#unsure.delete(nonce);
        this.#parts.store.dispatch({ type: 'outgoing-failed', nonce, failure });
        const entry = this.#find(nonce);
        if (entry) this.#keep(entry);
        if (address) this.#landed(address, nonce);
    }

    /** Durable first, then sent. @param {Outgoing} entry */
    async #keep(entry) {
        const { database, tabs } = this.#parts;
        this.#kept.delete(entry.nonce);
        await database.put('outbox', entry);
        if (this.#isStopped) return;
        this.#kept.set(entry.nonce, entry);
        tabs.post({ kind: 'outbox-kept', entry });
        this.#tidy();
        this.#pump(entry.address);
    }

    async #restore() {
        const kept = await this.#parts.database.all('outbox');
        for (const entry of kept) {
            if (this.#gone.has(entry.nonce)) continue;
            this.#kept.set(entry.nonce, entry);
            // `ready` has said that one is not in it.
            if (this.#isLive && this.#isHomeless(entry)) continue;
            const isTooOld = entry.state === 'pending' && this.#parts.now() - entry.createdAt > lifetime;
            this.#parts.store.dispatch({ type: 'outgoing-added', entry: isTooOld ? { ...entry, state: 'failed', failure: expired } : entry });
        }
        this.#tidy();
    }

    /** Whether its community is none of one's own. @param {Outgoing} entry */
    #isHomeless({ communityId }) {
        return communityId !== undefined && !this.#parts.store.state.communities.has(communityId);
    }

    /** Forgets what has left the state; what left it with its channel is told. */
    #tidy() {
        const { conversations } = this.#parts.store.state;
        const gone = new Map(this.#kept);
        for (const { outgoing } of conversations.values()) for (const entry of outgoing) if (gone.delete(entry.nonce)) this.#kept.set(entry.nonce, entry);
        if (!gone.size) return;
        const isUnsent = (/** @type {Outgoing} */ { state }) => state === 'pending' || state === 'failed';
        const lost = [...gone.values()].filter((entry) => isUnsent(entry) && (!conversations.has(entry.address) || this.#isHomeless(entry)));
        if (lost.length) this.#parts.lost(lost.map(({ text }) => text));
        for (const nonce of gone.keys()) {
            this.#kept.delete(nonce);
            this.#unsure.delete(nonce);
            this.#gone.add(nonce);
        }
        this.#parts.database.remove('outbox', ...gone.keys());
        for (const [address, { nonce }] of [...this.#inFlight]) if (gone.has(nonce)) this.#landed(address, nonce);
    }

    #stop() {
        this.#isStopped = true;
        this.linkIsLost();
        for (const address of [...this.#pauses.keys()]) this.#endPause(address);
    }

    /** @param {string} nonce @returns {Outgoing|null} */
    #find(nonce) {
        for (const { outgoing } of this.#parts.store.state.conversations.values()) {
            const entry = outgoing.find((one) => one.nonce === nonce);
            if (entry) return entry;
        }
        return null;
    }

    /** Now, and later than everything that was written in this tab before: what is written in one millisecond stays in order. */
    #stamp() {
        this.#lastCreatedAt = Math.max(this.#parts.now(), this.#lastCreatedAt + 1);
        return this.#lastCreatedAt;
    }
}

/** @param {Outgoing} entry  what was kept by an older client has no mentions */
function frameOf({ address, text, nonce, replyTo, mentions = [] }) {
    const message = { message: text, nonce, ...(replyTo && { reply_to: replyTo }) };
    if (!isChannel(address)) return { type: 'private-message', receiver_id: address, ...message };
    return { type: 'channel-message', channel_id: address, ...message, ...(mentions.length > 0 && { mentions }) };
}

/** @type {import('../store/types.js').Failure} */
const outboxFull = { code: 'outbox_full', message: `${mostWaiting} messages wait already`, field: null, retryAfterMs: null };

/** @type {import('../store/types.js').Failure} */
const expired = { code: 'expired', message: 'written more than a day ago', field: null, retryAfterMs: null };

/**
 * Why a text cannot be sent, as the homeserver would say it; null when it can.
 * @param {string} text
 * @param {Record<string, number>} limits
 * @returns {import('../store/types.js').Failure|null}
 */
export function problemOf(text, limits) {
    // Nobody means a limit of nothing.
    const codePoints = limits.message_code_points || 4_000;
    const bytes = limits.message_bytes || 16_384;
    /** @param {string} code @param {string} message */
    const problem = (code, message) => ({ code, message, field: 'message', retryAfterMs: null });
    if (text.length === 0) return problem('invalid', 'the message is empty');
    if (text.includes('\0')) return problem('invalid', 'the message contains U+0000');
    const isLong = text.length > 2 * codePoints || Array.from(text).length > codePoints;
    if (isLong || new TextEncoder().encode(text).length > bytes) return problem('too_large', 'the message is too long');
    return null;
}
