/**
 * @file The one place that holds state. `dispatch` runs the reducer; who watches a part of the state is told when that part has
 * become another one, at most once a frame: what is shown needs no more. Who acts on it follows it, and is told each time.
 */

/** @typedef {import('./types.js').State} State */
/** @typedef {{type: string, [key: string]: any}} Action */

/** @typedef {{select: (state: State) => any, handle: (part: any, before: any) => void, part: any}} Watcher */

/** A frame that has not come after so long (ms) is not waited for: the page may have been hidden meanwhile. */
const longestFrame = 250;

export class Store {
    /** @type {State} */
    #state;
    #reduce;
    #schedule;
    /** @type {Set<Watcher>} */
    #watchers = new Set();
    /** @type {Set<Watcher>} */
    #followers = new Set();
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
        if (this.#state === before) return;
        this.#tell(this.#followers);
        if (this.#scheduled) return;
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
        this.#add(this.#watchers, select, handle, signal);
    }

    /**
     * As `watch`, but within the dispatch and each time: something that is mended and broken again within one frame is not missed.
     * @template T
     * @param {(state: State) => T} select
     * @param {(part: T, before: T|undefined) => void} handle
     * @param {AbortSignal} [signal]  ends it
     */
    follow(select, handle, signal) {
        this.#add(this.#followers, select, handle, signal);
    }

    /** Tells the watchers now. */
    flush() {
        this.#scheduled = false;
        this.#tell(this.#watchers);
    }

    /** @param {Set<Watcher>} group @param {Watcher['select']} select @param {Watcher['handle']} handle @param {AbortSignal} [signal] */
    #add(group, select, handle, signal) {
        if (signal?.aborted) return;
        const watcher = { select, handle, part: select(this.#state) };
        group.add(watcher);
        signal?.addEventListener('abort', () => group.delete(watcher), { once: true });
        handle(watcher.part, undefined);
    }

    /** One that fails does not keep the others from hearing. @param {Set<Watcher>} group */
    #tell(group) {
        for (const watcher of [...group]) {
            if (!group.has(watcher)) continue;
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
    if (document.visibilityState !== 'visible') return void setTimeout(run, 0);
    const frame = requestAnimationFrame(() => {
        clearTimeout(timer);
        run();
    });
    const timer = setTimeout(() => {
        cancelAnimationFrame(frame);
        run();
    }, longestFrame);
}
