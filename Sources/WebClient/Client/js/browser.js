/** @file What the application takes from the browser, in one place: tests give it others. */

/** @typedef {ReturnType<typeof browser>} Browser */

/** What is longer (ms) fires at once: whoever is told to wait for ever would ask without end. */
const longestTimer = 2 ** 31 - 1;

/** What may be missing or refused is null or throws where it is used, never here. */
export function browser() {
    return {
        window,
        document,
        navigator,
        location,
        history,
        /** @type {typeof fetch} */
        fetch: (input, init) => fetch(input, init),
        WebSocket,
        indexedDB: attempt(() => indexedDB),
        localStorage: () => localStorage,
        locks: navigator.locks ?? null,
        BroadcastChannel: globalThis.BroadcastChannel ?? null,
        Notification: globalThis.Notification ?? null,
        AudioContext: globalThis.AudioContext ?? null,
        now: () => Date.now(),
        random: () => Math.random(),
        newId,
        setTimer: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, Math.min(ms, longestTimer)),
        clearTimer: (/** @type {any} */ timer) => clearTimeout(timer),
    };
}

/** `crypto.randomUUID` is only there for secure origins; the loopback addresses of a trial are, a name in a local network is not. */
function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @template T @param {() => T} get @returns {T|null} */
function attempt(get) {
    try {
        return get();
    } catch {
        return null;
    }
}
