/**
 * @file Asks what a community is made of, what one may do there and what is unread, as often as a frame says that it may be something else
 * now. One request at a time, the community that is shown first; what changes while one waits costs one more. One that cannot be had waits
 * for its own time, and the others go on.
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
    /**
     * Those that were not answered, or not with anything new: how often in a row, and whether they were shown then. Without a timer they
     * have waited long enough.
     * @type {Map<string, {tries: number, wasShown: boolean, timer: any}>}
     */
    #tried = new Map();
    /** Nothing may be asked: requests are counted for the person, not for the community. */
    #isHeld = false;
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
        this.#store.follow((state) => [state.route.community, ...doubtful(state)].join(), () => this.#later(), signal);
        // The timer for the end of a time-out stands still while the computer sleeps.
        this.#store.follow(({ link }) => link.status === 'live', (isLive) => isLive && this.#doubtTimeOuts(), signal);
    }

    /** What is to be asked next. @returns {string|null} */
    #due() {
        if (this.#isStopped || this.#isHeld) return null;
        const { state } = this.#store;
        const isDue = (/** @type {string} */ id) => {
            const { timer = null, wasShown = false } = this.#tried.get(id) ?? {};
            // Who comes to look at it does not wait for what was tried before that.
            return timer === null || (id === state.route.community && !wasShown);
        };
        return doubtful(state).find(isDue) ?? null;
    }

    #later() {
        const id = this.#due();
        if (!id) return;
        const isUrgent = id === this.#store.state.route.community;
        if (this.#next) {
            // What is shown now does not wait for what is not.
            if (this.#next.timer === null || this.#next.isUrgent || !isUrgent) return;
            this.#clearTimer(this.#next.timer);
        }
        const isFirst = this.#asked === 0;
        this.#next = { isUrgent, timer: this.#setTimer(() => this.#ask(), isUrgent || isFirst ? gather : unhurried) };
    }

    async #ask() {
        const id = this.#due();
        this.#next = { isUrgent: true, timer: null };
        if (id) await this.#read(id);
        this.#next = null;
        this.#later();
    }

    /** @param {string} id */
    async #read(id) {
        this.#asked += 1;
        const before = this.#store.state.communities.get(id);
        try {
            const community = await this.#api.get(`/servers/${id}`);
            if (!isCommunity(community)) throw new Failed('internal', 'the homeserver answered something else than a community');
            if (this.#isStopped) return;
            // Whether its home is away is told by frames: one that came meanwhile may be later than the answer.
            const now = this.#store.state.communities.get(id);
            const isTold = now !== undefined && before !== undefined && now.isStale !== before.isStale;
            this.#store.dispatch({ type: 'community-known', community: isTold ? { ...community, stale: now.isStale } : community, doubts: before?.doubts });
            // An answer that is older than what a frame told is as good as none, unless it has come further: then much happens at the moment.
            const isFurther = community.version > (before?.details?.version ?? -1);
            if (!isFurther && isDoubtful(this.#store.state, this.#store.state.communities.get(id))) this.#wait(id, 0);
            else this.#forget(id);
            if (community.timed_out_until) this.#again(id, Date.parse(community.timed_out_until) - this.#now());
        } catch (error) {
            const failure = failureOf(error);
            if (this.#isStopped) return;
            // Who has come back meanwhile is in it, whatever was true before.
            const isGone = failure.code === 'not_found' && this.#store.state.communities.get(id) === before;
            this.#store.dispatch(isGone ? { type: 'community-gone', communityId: id } : { type: 'community-failed', communityId: id, failure });
            if (isGone) return this.#forget(id);
            const ms = this.#wait(id, failure.retryAfterMs ?? 0);
            if (failure.code === 'rate_limited') this.#hold(failure.retryAfterMs ?? ms);
        }
    }

    /** What failed is not tried at once again. @param {string} id @param {number} atLeast  ms @returns {number} how long it waits (ms) */
    #wait(id, atLeast) {
        const tries = (this.#tried.get(id)?.tries ?? 0) + 1;
        this.#forget(id);
        const doubled = tries > hopeful ? Math.min(longest, 1_000 * 2 ** (tries + 1)) : 0;
        const ms = Math.max(atLeast, doubled, backoff(tries, this.#random()));
        const tried = { tries, wasShown: id === this.#store.state.route.community, timer: /** @type {any} */ (null) };
        tried.timer = this.#setTimer(() => {
            tried.timer = null;
            this.#later();
        }, ms);
        this.#tried.set(id, tried);
        return ms;
    }

    /** @param {string} id */
    #forget(id) {
        this.#clearTimer(this.#tried.get(id)?.timer);
        this.#tried.delete(id);
    }

    /** @param {number} ms */
    #hold(ms) {
        this.#isHeld = true;
        this.#setTimer(() => {
            this.#isHeld = false;
            this.#later();
        }, ms);
    }

    #doubtTimeOuts() {
        for (const { communityId, details } of communityList(this.#store.state)) {
            const isOver = details?.timedOutUntil && Date.parse(details.timedOutUntil) <= this.#now();
            if (isOver) this.#store.dispatch({ type: 'community-outdated', communityId });
        }
    }

    /** No frame says that a time-out is over. @param {string} id @param {number} ms */
    #again(id, ms) {
        if (ms <= 0) return;
        this.#setTimer(() => !this.#isStopped && this.#store.dispatch({ type: 'community-outdated', communityId: id }), ms + 500);
    }
}

/** Those that are to be asked, the one that is shown first. @param {import('../store/types.js').State} state @returns {string[]} */
function doubtful(state) {
    if (state.link.status !== 'live') return [];
    const ids = communityList(state).filter((one) => isDoubtful(state, one)).map(({ communityId }) => communityId);
    const shown = state.route.community ?? '';
    return ids.includes(shown) ? [shown, ...ids.filter((id) => id !== shown)] : ids;
}
