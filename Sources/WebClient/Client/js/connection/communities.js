/**
 * @file Asks what a community is made of and what one may do there, as often as a frame says that it may be something else now. One request
 * at a time, the community that is shown first; what changes while one waits costs one more.
 */

import { isCommunity } from '../store/community-frames.js';
import { communityList } from '../store/selectors.js';
import { Failed, failureOf } from './api.js';
import { backoff } from './link-state.js';

/** So long (ms) frames that belong together are waited for. */
const gather = 80;

export class Communities {
    #api;
    #store;
    #setTimer;
    #now;
    #random;
    /** Tries that failed one after the other. */
    #tries = 0;
    #isBusy = false;
    #isStopped = false;

    /**
     * @param {import('./api.js').Api} api
     * @param {import('../store/store.js').Store} store
     * @param {{setTimer: (run: () => void, ms: number) => any, now: () => number, random: () => number}} clock
     */
    constructor(api, store, { setTimer, now, random }) {
        this.#api = api;
        this.#store = store;
        this.#setTimer = setTimer;
        this.#now = now;
        this.#random = random;
    }

    /** @param {AbortSignal} signal  ends it */
    watch(signal) {
        signal.addEventListener('abort', () => (this.#isStopped = true), { once: true });
        this.#store.watch(next, (id) => id && this.#later(gather), signal);
    }

    /** @param {number} ms */
    #later(ms) {
        if (this.#isBusy) return;
        this.#isBusy = true;
        this.#setTimer(() => this.#ask(), ms);
    }

    async #ask() {
        const id = this.#isStopped ? null : next(this.#store.state);
        let wait = gather;
        if (id) wait = await this.#read(id);
        this.#isBusy = false;
        if (!this.#isStopped && next(this.#store.state)) this.#later(wait);
    }

    /** @param {string} id @returns {Promise<number>} how long to wait (ms) before something is asked again */
    async #read(id) {
        try {
            const community = await this.#api.get(`/servers/${id}`);
            if (!isCommunity(community)) throw new Failed('internal', 'the homeserver answered something else than a community');
            if (this.#isStopped) return 0;
            this.#store.dispatch({ type: 'community-known', community });
            this.#tries = 0;
            if (community.timed_out_until) this.#again(id, Date.parse(community.timed_out_until) - this.#now());
            return gather;
        } catch (error) {
            const failure = failureOf(error);
            if (this.#isStopped) return 0;
            if (failure.code === 'not_found') this.#store.dispatch({ type: 'community-gone', communityId: id });
            else this.#store.dispatch({ type: 'community-failed', communityId: id, failure });
            this.#tries += 1;
            return Math.max(failure.retryAfterMs ?? 0, backoff(this.#tries, this.#random()));
        }
    }

    /** No frame says that a time-out is over. @param {string} id @param {number} ms */
    #again(id, ms) {
        if (ms <= 0) return;
        this.#setTimer(() => !this.#isStopped && this.#store.dispatch({ type: 'community-outdated', communityId: id }), ms + 500);
    }
}

/** What is to be asked next. @param {import('../store/types.js').State} state @returns {string|null} */
function next(state) {
    if (state.link.status !== 'live') return null;
    const shown = state.communities.get(state.route.community ?? '');
    const outdated = shown?.isOutdated ? shown : communityList(state).find(({ isOutdated }) => isOutdated);
    return outdated?.communityId ?? null;
}
