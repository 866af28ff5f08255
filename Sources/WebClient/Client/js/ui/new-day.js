/** @file Tells views that another day has begun, because they say `today` and `yesterday`: one timer a page, and none while nobody sees it. */

import { dayOf, untilTomorrow } from '../text/dates.js';

/** @type {Set<() => void>} */
const listeners = new Set();
let day = dayOf(Date.now());
/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;

/** @param {() => void} run @param {AbortSignal} signal  ends it */
export function onNewDay(run, signal) {
    if (listeners.size === 0) document.addEventListener('visibilitychange', look);
    listeners.add(run);
    signal.addEventListener('abort', () => {
        listeners.delete(run);
        if (listeners.size > 0) return;
        document.removeEventListener('visibilitychange', look);
        clearTimeout(timer);
    }, { once: true });
    look();
}

function look() {
    clearTimeout(timer);
    if (document.visibilityState !== 'visible') return;
    const now = Date.now();
    timer = setTimeout(look, untilTomorrow(now) + 50);
    if (dayOf(now) === day) return;
    day = dayOf(now);
    for (const run of [...listeners]) run();
}
