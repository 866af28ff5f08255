/**
 * @file Loads what is not there yet: older pages when one scrolls, and what is missing behind the last message after a hole or an absence.
 * One request a conversation at a time; answers go through the reducer like live frames.
 */

import { isChannel } from '../store/conversations.js';
import { Failed, failureOf } from './api.js';
import { backoff } from './link-state.js';

const olderPage = 50;
const newerPage = 200;
/** Somebody further behind than this gets the latest page, and what lies between when he scrolls up. */
const farBehind = 1_000;
/** @typedef {import('../store/types.js').Conversation} Conversation */

export class History {
    #api;
    #store;
    #setTimer;
    #random;
    /** @type {Map<string, {key: string, done: Promise<void>}>} what is being loaded, by conversation */
    #running = new Map();
    #isStopped = false;

    /**
     * @param {import('./api.js').Api} api
     * @param {import('../store/store.js').Store} store
     * @param {(run: () => void, ms: number) => any} setTimer
     * @param {() => number} random
     */
    constructor(api, store, setTimer, random) {
        this.#api = api;
        this.#store = store;
        this.#setTimer = setTimer;
        this.#random = random;
    }

    stop() {
        this.#isStopped = true;
    }

    /** Keeps the conversation that is shown complete to its end while the link is live. @param {AbortSignal} signal */
    watch(signal) {
        this.#store.follow(
            ({ link, route, conversations }) => {
                const shown = link.status === 'live' && route.address ? conversations.get(route.address) : null;
                return shown?.stale ? shown.address : null;
            },
            (address) => address && this.#fillPatiently(address, 0),
            signal,
        );
    }

    /** Messages on their way to another homeserver may have arrived while nobody listened: after a `ready`. */
    async refreshDeliveries() {
        for (const conversation of [...this.#store.state.conversations.values()]) {
            const first = conversation.messages.find(({ delivery }) => delivery?.state === 'queued' || delivery?.state === 'delayed');
            if (!first || conversation.lastSeq - first.seq > farBehind) continue;
            await this.refresh(conversation.address, first.seq).catch(() => {});
        }
    }

    /** Asks again for what is loaded from a number on. @param {string} address @param {number} seq @returns {Promise<void>} */
    refresh(address, seq) {
        const again = async () => {
            for (let after = seq - 1; ; ) {
                const { events } = await this.#events(address, after);
                if (events.length < newerPage) return;
                after = events.at(-1).seq;
            }
        };
        return this.#alone(address, 'newer', again, `from ${seq}`);
    }

    /** One page before the first loaded message; the latest one when nothing is loaded. @param {string} address @returns {Promise<void>} */
    loadOlder(address) {
        return this.#alone(address, 'older', async () => {
            const conversation = this.#store.state.conversations.get(address);
            if (conversation?.complete) return;
            await this.#page(address, conversation?.messages[0]?.seq);
        });
    }

    /** Everything that is missing behind the last loaded message. @param {string} address @returns {Promise<void>} */
    loadNewer(address) {
        return this.#alone(address, 'newer', async () => {
            for (let reached = -1; ; ) {
                const conversation = this.#store.state.conversations.get(address);
                if (!conversation) return this.#page(address, undefined);
                // The second half: the homeserver said that there is more, and then had nothing.
                if ((!conversation.stale && conversation.loadedSeq > 0) || conversation.loadedSeq === reached) return;
                reached = conversation.loadedSeq;
                const isFar = conversation.lastSeq - reached > farBehind;
                if (reached === 0 || isFar || !conversation.conversationId) await this.#page(address, undefined, true);
                else await this.#events(address, reached);
            }
        });
    }

    /** @param {string} address @param {number} tries */
    async #fillPatiently(address, tries) {
        let atLeast = 0;
        try {
            await this.loadNewer(address);
        } catch (error) {
            const { code, retryAfterMs } = failureOf(error);
            if (!['network', 'unavailable', 'rate_limited', 'internal'].includes(code)) return;
            atLeast = retryAfterMs ?? 0;
        }
        // As long as one looks at it, also where nothing failed: the homeserver may have been asked before it had what it has told of.
        if (!this.#isWanted(address)) return;
        const wait = Math.max(atLeast, backoff(tries + 1, this.#random()));
        this.#setTimer(() => this.#isWanted(address) && void this.#fillPatiently(address, tries + 1), wait);
    }

    /** Whether it is shown, and something is missing that can be had. @param {string} address */
    #isWanted(address) {
        const { link, route, conversations } = this.#store.state;
        return !this.#isStopped && link.status === 'live' && route.address === address && conversations.get(address)?.stale === true;
    }

    /** @param {string} address @param {number|undefined} before @param {boolean} [replace] */
    async #page(address, before, replace = false) {
        const page = await this.#api.get(`/${isChannel(address) ? 'channels' : 'direct'}/${encodeURIComponent(address)}/messages`, { before, limit: olderPage });
        this.#took({ address, page, before, limit: olderPage, replace });
    }

    /** @param {string} address @param {number} after */
    async #events(address, after) {
        const id = this.#store.state.conversations.get(address)?.conversationId;
        const page = await this.#api.get(`/channels/${id}/events`, { after, limit: newerPage });
        this.#took({ address, page, after, limit: newerPage });
        return page;
    }

    /** @param {object} action */
    #took(action) {
        if (this.#isStopped) throw new Failed('network', 'signed out meanwhile');
        const before = this.#store.state.malformed;
        this.#store.dispatch({ type: 'page', ...action });
        if (this.#store.state.malformed > before) throw new Failed('internal', 'the homeserver answered something else than a page');
    }

    /**
     * The same thing asked for twice is done once; something else waits for its turn.
     * @param {string} address
     * @param {'older'|'newer'} what
     * @param {() => Promise<void>} work
     * @param {string} [key]  by which the same is known again
     * @returns {Promise<void>}
     */
    #alone(address, what, work, key = what) {
        const running = this.#running.get(address);
        if (running?.key === key) return running.done;
        if (running) return running.done.catch(() => {}).then(() => this.#alone(address, what, work, key));
        this.#store.dispatch({ type: 'load-started', address, what });
        const done = work()
            .catch((error) => {
                if (!this.#isStopped) this.#store.dispatch({ type: 'load-failed', address, failure: failureOf(error) });
                throw error;
            })
            .finally(() => {
                this.#running.delete(address);
                if (!this.#isStopped) this.#store.dispatch({ type: 'load-ended', address });
            });
        this.#running.set(address, { key, done });
        return done;
    }
}
