/**
 * @file The tabs of one browser: who of them does what only one may do (Web Locks), and whether one of them is before the person's
 * eyes, with what (BroadcastChannel). Where a browser has neither, each tab is alone and does everything.
 */

/** A tab says again (ms) what it shows; what was not said again for longer than `shownFor` is over: the tab has crashed. */
const sayAgain = 25_000;
const shownFor = 60_000;

/**
 * @typedef {object} TabsParts
 * @property {LockManager|null} locks
 * @property {(new (name: string) => BroadcastChannel)|null} BroadcastChannel
 * @property {() => number} now
 * @property {(run: () => void, ms: number) => any} setTimer
 * @property {string} id  of this tab
 */

export class Tabs {
    #parts;
    /** @type {BroadcastChannel|null} */
    #channel = null;
    /** @type {Set<(message: any) => void>} */
    #listeners = new Set();
    /** Only one window has the focus, so the last word counts. @type {{tab: string, what: string|null, at: number}|null} */
    #shown = null;
    /** @type {string|null} */
    #here = null;

    /** @param {TabsParts} parts */
    constructor(parts) {
        this.#parts = parts;
        if (!parts.BroadcastChannel) return;
        this.#channel = new parts.BroadcastChannel('home');
        this.#channel.onmessage = ({ data }) => this.#heard(data);
    }

    /** To the other tabs. @param {object} message */
    post(message) {
        this.#channel?.postMessage({ ...message, tab: this.#parts.id });
    }

    /** @param {(message: any) => void} listener @param {AbortSignal} [signal] */
    listen(listener, signal) {
        if (signal?.aborted) return;
        this.#listeners.add(listener);
        signal?.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
    }

    /**
     * Calls `run` once this tab alone has the name; it keeps it until `signal` ends or the tab closes.
     * @param {string} name
     * @param {AbortSignal} signal
     * @param {() => void} run
     */
    async lead(name, signal, run) {
        if (!this.#parts.locks) return run();
        try {
            await this.#parts.locks.request(name, { signal }, () => {
                if (signal.aborted) return undefined;
                run();
                return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
            });
        } catch (error) {
            if (!signal.aborted) throw error;
        }
    }

    /** This tab has the focus, with a conversation (its address) or without one (''); null: it has not. @param {string|null} what */
    shows(what) {
        if (what === this.#here) return;
        this.#here = what;
        this.#say();
    }

    /** Whether any tab has the focus. */
    get isFocused() {
        return this.#here !== null || (this.#shown !== null && this.#shown.what !== null && this.#parts.now() - this.#shown.at < shownFor);
    }

    /** Whether any tab has it before the person's eyes. @param {string} address */
    isShown(address) {
        return this.#here === address || (this.isFocused && this.#here === null && this.#shown?.what === address);
    }

    #say() {
        this.post({ kind: 'shows', what: this.#here });
        if (this.#here === null) return;
        const said = this.#here;
        this.#parts.setTimer(() => this.#here === said && this.#say(), sayAgain);
    }

    /** @param {any} message */
    #heard(message) {
        if (typeof message?.kind !== 'string') return;
        if (message.kind === 'shows') this.#others(message);
        for (const listener of this.#listeners) listener(message);
    }

    /** @param {any} message */
    #others({ tab, what }) {
        // A tab that shows nothing only takes back its own word.
        if (what === null && this.#shown?.tab !== tab) return;
        this.#shown = { tab, what, at: this.#parts.now() };
    }
}
