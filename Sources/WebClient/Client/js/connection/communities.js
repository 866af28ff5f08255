/**
 * @file Asks what a community is made of, what one may do there and what is unread, as often as a frame says that it may be something else
 * now. One request at a time, the community that is shown first; what changes while one waits costs one more.
 */

import { isCommunity } from '../store/community-frames.js';
import { communityList, isDoubtful } from '../store/selectors.js';
import { Failed, failureOf } from './api.js';
import { backoff } from './link-state.js';

/** So long (ms) frames that belong together are waited for. */
const gather = 80;
/** Those that nobody looks at are asked for one after the other (ms): requests are counted, and what a person does comes first. */
const unhurried = 1_000;
/** Who is not answered, or not with anything new, asks ever more rarely, until it is once in so long (ms). */
const longest = 600_000;
/** Tries in a row after which each wait is twice the last. */
const hopeful = 3;

export class Communities {
    #api;
    #store;
    #setTimer;
    #clearTimer;
    #now;
    #random;
    /** Tries that failed one after the other. */
    #tries = 0;
    /** What waits, or is being asked. @type {{timer: any, isUrgent: boolean}|null} */
    #next = null;
    #asked = 0;
    #isStopped = false;

    /**
     * @param {import('./api.js').Api} api
     * @param {import('../store/store.js').Store} store
     * @param {{setTimer: (run: () => void, ms: number) => any, clearTimer: (timer: any) => void, now: () => number, random: () => number}} clock
     */
    constructor(api, store, { setTimer, clearTimer, now, random }) {
        this.#api = api;
        this.#store = store;
        this.#setTimer = setTimer;
        this.#clearTimer = clearTimer;
        this.#now = now;
        this.#random = random;
    }

    /** @param {AbortSignal} signal  ends it */
    watch(signal) {
        signal.addEventListener('abort', () => (this.#isStopped = true), { once: true });
        this.#store.follow(next, (id) => id && this.#later(0), signal);
    }

    /** @param {number} atLeast  ms: what failed is not tried at once again */
    #later(atLeast) {
        const { state } = this.#store;
        const isUrgent = next(state) === state.route.community;
        if (this.#next) {
            // What is shown now does not wait for what is not.
            if (this.#next.timer === null || this.#next.isUrgent || !isUrgent) return;
            this.#clearTimer(this.#next.timer);
        }
        const isFirst = this.#asked === 0;
        this.#next = { isUrgent, timer: this.#setTimer(() => this.#ask(), Math.max(atLeast, isUrgent || isFirst ? gather : unhurried)) };
    }

    async #ask() {
        const id = this.#isStopped ? null : next(this.#store.state);
        this.#next = { isUrgent: true, timer: null };
        const wait = id ? await this.#read(id) : 0;
        this.#next = null;
        if (!this.#isStopped && next(this.#store.state)) this.#later(wait);
    }

    /** @param {string} id @returns {Promise<number>} how long to wait (ms) before something is asked again */
    async #read(id) {
        this.#asked += 1;
        const before = this.#store.state.communities.get(id);
        try {
            const community = await this.#api.get(`/servers/${id}`);
            if (!isCommunity(community)) throw new Failed('internal', 'the homeserver answered something else than a community');
            if (this.#isStopped) return 0;
            // Whether its home is away is told by frames: one that came meanwhile may be later than the answer.
            const now = this.#store.state.communities.get(id);
            const isTold = now !== undefined && before !== undefined && now.isStale !== before.isStale;
            this.#store.dispatch({ type: 'community-known', community: isTold ? { ...community, stale: now.isStale } : community });
            // An answer that is older than what a frame told is as good as none, unless it has come further: then much happens at the moment.
            const isFurther = community.version > (before?.details?.version ?? -1);
            this.#tries = !isFurther && isDoubtful(this.#store.state, this.#store.state.communities.get(id)) ? this.#tries + 1 : 0;
            if (community.timed_out_until) this.#again(id, Date.parse(community.timed_out_until) - this.#now());
            return this.#tries > 0 ? this.#patience() : 0;
        } catch (error) {
            const failure = failureOf(error);
            if (this.#isStopped) return 0;
            // Who has come back meanwhile is in it, whatever was true before.
            const isGone = failure.code === 'not_found' && this.#store.state.communities.get(id) === before;
            if (isGone) this.#store.dispatch({ type: 'community-gone', communityId: id });
            else this.#store.dispatch({ type: 'community-failed', communityId: id, failure });
            this.#tries += 1;
            return Math.max(failure.retryAfterMs ?? 0, this.#patience());
        }
    }

    #patience() {
        const doubled = this.#tries > hopeful ? Math.min(longest, 1_000 * 2 ** (this.#tries + 1)) : 0;
        return Math.max(doubled, backoff(this.#tries, this.#random()));
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
    const asked = isDoubtful(state, shown) ? shown : communityList(state).find((one) => isDoubtful(state, one));
    return asked?.communityId ?? null;
}
