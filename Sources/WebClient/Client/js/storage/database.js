/**
 * @file What is kept of an account on this device: the outbox, drafts, and the last conversations for a first view without waiting. One
 * IndexedDB an account; what cannot be kept there (refused, full, a private window) stays in memory, and the person is told.
 */

/** @typedef {'outbox'|'drafts'|'conversations'} StoreName */

/** Raised when the form of what is kept changes; what an older client kept of conversations is thrown away then. */
const version = 1;

/** @type {Record<StoreName, string>} */
const keys = { outbox: 'nonce', drafts: 'address', conversations: 'address' };

/** @type {StoreName[]} */
const storeNames = ['outbox', 'drafts', 'conversations'];

export class Database {
    #factory;
    #name;
    #onProblem;
    /** @type {IDBDatabase|null} */
    #database = null;
    /** What is asked for before it is open waits. @type {Promise<void>} */
    #opened;
    /** @type {Record<StoreName, Map<string, any>>} what could not be written, and everything when there is no database */
    #memory = { outbox: new Map(), drafts: new Map(), conversations: new Map() };

    /**
     * @param {IDBFactory|null} factory
     * @param {string} account  an address
     * @param {(detail: 'refused'|'full') => void} onProblem
     */
    constructor(factory, account, onProblem) {
        this.#factory = factory;
        this.#name = `home-${account}`;
        this.#onProblem = onProblem;
        this.#opened = this.#open();
    }

    /** Never fails: without a database there is memory. */
    async #open() {
        try {
            if (!this.#factory) throw new Error('there is no IndexedDB');
            const request = this.#factory.open(this.#name, version);
            request.onupgradeneeded = () => upgrade(request.result);
            const database = await finished(request);
            // Another tab signs out or has a newer version: it must not wait for this one.
            database.onversionchange = () => this.close();
            database.onclose = () => (this.#database = null);
            this.#database = database;
        } catch {
            this.#onProblem('refused');
        }
    }

    close() {
        this.#database?.close();
        this.#database = null;
    }

    /** @param {StoreName} store @returns {Promise<any[]>} */
    async all(store) {
        const memory = this.#memory[store];
        const kept = await this.#attempt((database) => finished(database.transaction(store).objectStore(store).getAll()));
        const others = (kept ?? []).filter((/** @type {any} */ value) => !memory.has(value[keys[store]]));
        return [...others, ...memory.values()];
    }

    /** @param {StoreName} store @param {any[]} values @returns {Promise<boolean>} whether they are durable */
    async put(store, ...values) {
        const done = await this.#attempt((database) => written(database, store, (objects) => values.forEach((value) => objects.put(value))));
        for (const value of values) {
            if (done) this.#memory[store].delete(value[keys[store]]);
            else this.#memory[store].set(value[keys[store]], value);
        }
        return done === true;
    }

    /** @param {StoreName} store @param {string[]} names */
    async remove(store, ...names) {
        for (const name of names) this.#memory[store].delete(name);
        await this.#attempt((database) => written(database, store, (objects) => names.forEach((name) => objects.delete(name))));
    }

    /** @param {StoreName} store */
    async clear(store) {
        this.#memory[store].clear();
        await this.#attempt((database) => written(database, store, (objects) => objects.clear()));
    }

    /** Deletes everything of the account. */
    async destroy() {
        await this.#opened;
        this.close();
        for (const store of storeNames) this.#memory[store].clear();
        try {
            if (this.#factory) await finished(this.#factory.deleteDatabase(this.#name));
        } catch {
            this.#onProblem('refused');
        }
    }

    /**
     * @template T
     * @param {(database: IDBDatabase) => Promise<T>} work
     * @returns {Promise<T|null>} null when it could not be done
     */
    async #attempt(work) {
        await this.#opened;
        if (!this.#database) return null;
        try {
            return await work(this.#database);
        } catch (error) {
            this.#onProblem(/** @type {any} */ (error)?.name === 'QuotaExceededError' ? 'full' : 'refused');
            return null;
        }
    }
}

/** @param {IDBDatabase} database */
function upgrade(database) {
    if (database.objectStoreNames.contains('conversations')) database.deleteObjectStore('conversations');
    for (const name of storeNames) {
        if (!database.objectStoreNames.contains(name)) database.createObjectStore(name, { keyPath: keys[name] });
    }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function finished(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
        /** @type {any} */ (request).onblocked = () => reject(new Error('another tab holds the database'));
    });
}

/** Durable when it resolves, not only accepted. @param {IDBDatabase} database @param {StoreName} store @param {(objects: IDBObjectStore) => void} work @returns {Promise<true>} */
function written(database, store, work) {
    return new Promise((resolve, reject) => {
        const transaction = database.transaction(store, 'readwrite', { durability: 'strict' });
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
        work(transaction.objectStore(store));
        // Not when the browser next has time: a page that is being left has none any more.
        transaction.commit();
    });
}
