/** @file Drafts, one a conversation: kept while one writes, the same in all tabs, there again after a reload. */

/** How long (ms) one has to pause before a draft is kept. */
const pause = 400;

/** Characters of a draft that are kept; a message has at most 4,000. */
const longest = 20_000;

export class Drafts {
    #store;
    #database;
    #tabs;
    #setTimer;
    /** @type {Map<string, string>} what has not been kept yet, by conversation */
    #waiting = new Map();

    /**
     * @param {import('../store/store.js').Store} store
     * @param {import('./database.js').Database} database
     * @param {{post: (message: object) => void}} tabs
     * @param {(run: () => void, ms: number) => any} setTimer
     */
    constructor(store, database, tabs, setTimer) {
        this.#store = store;
        this.#database = database;
        this.#tabs = tabs;
        this.#setTimer = setTimer;
    }

    async start() {
        for (const { address, text } of await this.#database.all('drafts')) {
            // What has been written meanwhile is newer.
            if (!this.#store.state.conversations.get(address)?.draft) this.#store.dispatch({ type: 'draft', address, text });
        }
    }

    /** @param {string} address @param {string} text */
    save(address, text) {
        if ((this.#store.state.conversations.get(address)?.draft ?? '') === text) return;
        this.#store.dispatch({ type: 'draft', address, text });
        const isFirst = !this.#waiting.has(address);
        this.#waiting.set(address, text.slice(0, longest));
        // An empty one at once: what was just sent must not come back as a draft.
        if (text === '') this.#keep([address]);
        else if (isFirst) this.#setTimer(() => this.#keep([address]), pause);
    }

    /** The page goes: what waits is kept now. */
    flush() {
        this.#keep([...this.#waiting.keys()]);
    }

    /** What another tab wrote. @param {any} message */
    onTab(message) {
        if (message.kind !== 'draft' || this.#waiting.has(message.address)) return;
        this.#store.dispatch({ type: 'draft', address: message.address, text: message.text });
    }

    /** All in one write: of several the browser does only the first for a page that is being left. @param {string[]} addresses */
    #keep(addresses) {
        const drafts = addresses.flatMap((address) => {
            const text = this.#waiting.get(address);
            return text === undefined ? [] : [{ address, text }];
        });
        for (const { address, text } of drafts) {
            this.#waiting.delete(address);
            this.#tabs.post({ kind: 'draft', address, text });
        }
        const [written, emptied] = [drafts.filter(({ text }) => text !== ''), drafts.filter(({ text }) => text === '')];
        if (written.length > 0) this.#database.put('drafts', ...written);
        if (emptied.length > 0) this.#database.remove('drafts', ...emptied.map(({ address }) => address));
    }
}
