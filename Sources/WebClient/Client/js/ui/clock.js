/**
 * @file Tells views that what they say of a time has changed: another day has begun (`today`, `yesterday`), or another minute (`5 minutes
 * ago`). One timer a page for each, however many views listen, and none while nobody sees it.
 */

import { dayOf, minuteOf, untilNextMinute, untilTomorrow } from '../text/dates.js';

/** @typedef {(run: () => void, signal: AbortSignal) => void} Listen  `signal` ends it */

/**
 * @param {(now: number) => number} periodOf
 * @param {(now: number) => number} untilNext  ms
 * @returns {Listen}
 */
function beat(periodOf, untilNext) {
    /** @type {Set<() => void>} */
    const listeners = new Set();
    let period = periodOf(Date.now());
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let timer;

    function look() {
        clearTimeout(timer);
        if (document.visibilityState !== 'visible') return;
        const now = Date.now();
        timer = setTimeout(look, untilNext(now) + 50);
        if (periodOf(now) === period) return;
        period = periodOf(now);
        for (const run of [...listeners]) run();
    }

    return (run, signal) => {
        if (listeners.size === 0) document.addEventListener('visibilitychange', look);
        listeners.add(run);
        signal.addEventListener('abort', () => {
            listeners.delete(run);
            if (listeners.size > 0) return;
            document.removeEventListener('visibilitychange', look);
            clearTimeout(timer);
        }, { once: true });
        look();
    };
}

export const onNewDay = beat(dayOf, untilTomorrow);
export const onNewMinute = beat(minuteOf, untilNextMinute);
