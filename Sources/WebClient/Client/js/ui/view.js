/** @file What every custom element of ours stands on: it finds the application, watches its state, and leaves nothing behind. */

/** @typedef {import('../home.js').Home} Home */
/** @typedef {import('../store/types.js').State} State */

export class View extends HTMLElement {
    #lifetime = new AbortController();
    #isBuilt = false;
    /** @type {Home|null} */
    #home = null;

    /** Ends when the element leaves the page. */
    get signal() {
        return this.#lifetime.signal;
    }

    /** The application: store, actions, texts. What is answered after the element has left the page still finds it. @returns {Home} */
    get home() {
        const root = /** @type {any} */ (this.closest('home-app'));
        if (root) this.#home = root.home;
        if (!this.#home) throw new Error(`<${this.localName}> stands outside of <home-app>`);
        return this.#home;
    }

    connectedCallback() {
        this.#lifetime = new AbortController();
        if (!this.#isBuilt) {
            this.#isBuilt = true;
            this.build();
        }
        this.connected();
    }

    disconnectedCallback() {
        this.#lifetime.abort();
    }

    /** Makes the element's own DOM, once. */
    build() {}

    /** Every time it comes into the page: here it watches and listens. */
    connected() {}

    /**
     * @template T
     * @param {(state: State) => T} select
     * @param {(part: T, before: T|undefined) => void} handle
     */
    watch(select, handle) {
        this.home.store.watch(select, handle, this.signal);
    }

    /**
     * @param {EventTarget} target
     * @param {string} type
     * @param {(event: any) => void} handle
     * @param {AddEventListenerOptions} [options]
     */
    listen(target, type, handle, options) {
        target.addEventListener(type, handle, { ...options, signal: this.signal });
    }
}
