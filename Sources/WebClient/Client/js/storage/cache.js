/** @file The last conversations with their last messages, kept for a first view without waiting; the homeserver's `ready` replaces what is old. */

import { conversationList } from '../store/selectors.js';

const mostConversations = 50;
const mostMessages = 100;
/** At most that often (ms) what has changed is written. */
const interval = 2_000;

/** @typedef {import('../store/types.js').Conversation} Conversation */

export class Cache {
    #store;
    #database;
    #setTimer;
    /** @type {Map<string, Conversation>} as they were written last */
    #written = new Map();
    #isWaiting = false;
    #isStopped = false;

    /**
     * @param {import('../store/store.js').Store} store
     * @param {import('./database.js').Database} database
     * @param {(run: () => void, ms: number) => any} setTimer
     */
    constructor(store, database, setTimer) {
        this.#store = store;
        this.#database = database;
        this.#setTimer = setTimer;
    }

    /** Shows what was kept, and keeps what changes from now on. @param {AbortSignal} signal */
    async start(signal) {
        const conversations = await this.#database.all('conversations');
        if (signal.aborted) return;
        this.#store.dispatch({ type: 'conversations-restored', conversations });
        for (const { address } of conversations) this.#written.set(address, /** @type {any} */ (null));
        this.#store.watch((state) => state.conversations, () => this.#wait(), signal);
        signal.addEventListener('abort', () => (this.#isStopped = true), { once: true });
    }

    #wait() {
        if (this.#isWaiting) return;
        this.#isWaiting = true;
        this.#setTimer(() => this.#write(), interval);
    }

    async #write() {
        this.#isWaiting = false;
        if (this.#isStopped) return;
        const kept = conversationList(this.#store.state).filter((one) => one.conversationId).slice(0, mostConversations);
        const changed = kept.filter((one) => this.#written.get(one.address) !== one);
        const addresses = new Set(kept.map((one) => one.address));
        const gone = [...this.#written.keys()].filter((address) => !addresses.has(address));
        for (const one of changed) this.#written.set(one.address, one);
        for (const address of gone) this.#written.delete(address);
        if (changed.length) await this.#database.put('conversations', ...changed.map(shortened));
        if (gone.length) await this.#database.remove('conversations', ...gone);
    }
}

/** @param {Conversation} conversation */
function shortened({ outgoing, draft, place, loading, loadFailure, ...kept }) {
    const messages = kept.messages.slice(-mostMessages);
    return { ...kept, messages, complete: kept.complete && messages.length === kept.messages.length };
}
