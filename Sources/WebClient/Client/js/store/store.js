/**
 * @file The one place that holds state. `dispatch` runs the reducer; who watches a part of the state is told when that part has
 * become another one, at most once a frame.
 */

/** @typedef {import('./types.js').State} State */
/** @typedef {{type: string, [key: string]: any}} Action */

export class Store {
    /** @type {State} */
    #state;
    #reduce;
    #schedule;
    /** @type {Set<{select: (state: State) => any, handle: (part: any, before: any) => void, part: any}>} */
    #watchers = new Set();
    #scheduled = false;

    /**
     * @param {(state: State, action: Action) => State} reduce
     * @param {State} initial
     * @param {(run: () => void) => void} [schedule]  when watchers are told; a test gives one that it runs itself
     */
    constructor(reduce, initial, schedule = onNextFrame) {
        this.#reduce = reduce;
        this.#state = initial;
        this.#schedule = schedule;
    }

    get state() {
        return this.#state;
    }

    /** @param {Action} action */
    dispatch(action) {
        const before = this.#state;
        this.#state = this.#reduce(before, action);
        if (this.#state === before || this.#scheduled) return;
        this.#scheduled = true;
        this.#schedule(() => this.flush());
    }

    /**
     * Calls `handle` with what `select` picks, now and whenever it has become something else (by `Object.is`).
     * @template T
     * @param {(state: State) => T} select
     * @param {(part: T, before: T|undefined) => void} handle
     * @param {AbortSignal} [signal]  ends it
     */
    watch(select, handle, signal) {
        if (signal?.aborted) return;
        const watcher = { select, handle, part: select(this.#state) };
        this.#watchers.add(watcher);
        signal?.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
        handle(watcher.part, undefined);
    }

    /** Tells the watchers now. A watcher that fails does not keep the others from hearing. */
    flush() {
        this.#scheduled = false;
        for (const watcher of [...this.#watchers]) {
            if (!this.#watchers.has(watcher)) continue;
            const before = watcher.part;
            const part = watcher.select(this.#state);
            if (Object.is(part, before)) continue;
            watcher.part = part;
            try {
                watcher.handle(part, before);
            } catch (error) {
                reportError(error);
            }
        }
    }
}

/** Hidden pages get no frames, and still have a title and a badge to keep right. @param {() => void} run */
function onNextFrame(run) {
    if (document.visibilityState === 'visible') requestAnimationFrame(run);
    else setTimeout(run, 0);
}
