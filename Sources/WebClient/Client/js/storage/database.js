/**
 * @file What is kept of an account on this device: the outbox, drafts, and the last conversations for a first view without waiting. One
 * IndexedDB an account; what cannot be kept there (refused, full, a private window) stays in memory, and the person is told.
 */

/** @typedef {'outbox'|'drafts'|'conversations'} StoreName */

/** How long (ms) a browser may take to open it. Some never answer, and sending must not wait for that. */
const patience = 3_000;

/** Raised when the form of what is kept changes; what an older client kept of conversations is thrown away then. */
const version = 2;

/** @type {Record<StoreName, string>} */
const keys = { outbox: 'nonce', drafts: 'address', conversations: 'address' };

/** @type {StoreName[]} */
const storeNames = ['outbox', 'drafts', 'conversations'];

export class Database {
    #factory;
    #name;
    #setTimer;
    #onProblem;
    #hasProblem = false;
    #isClosed = false;
    /** @type {IDBDatabase|null} */
    #database = null;
    /** What is asked for before it is open waits. @type {Promise<void>} */
    #opened;
    /** @type {Record<StoreName, Map<string, any>>} what could not be written, and everything when there is no database */
    #memory = { outbox: new Map(), drafts: new Map(), conversations: new Map() };

    /**
     * @param {IDBFactory|null} factory
     * @param {string} account  an address
     * @param {(run: () => void, ms: number) => any} setTimer
     * @param {(detail: 'refused'|'full'|null) => void} onProblem  null: everything is kept again
     */
    constructor(factory, account, setTimer, onProblem) {
        this.#factory = factory;
        this.#name = `home-${account}`;
        this.#setTimer = setTimer;
        this.#onProblem = onProblem;
        this.#opened = this.#open();
    }

    /** Never fails: without a database there is memory. */
    async #open() {
        try {
            if (!this.#factory) throw new Error('there is no IndexedDB');
            const request = this.#factory.open(this.#name, version);
            request.onupgradeneeded = () => upgrade(request.result);
            const opened = finished(request).then((database) => this.#use(database));
            const late = new Promise((resolve, reject) => this.#setTimer(() => reject(new Error('the browser does not answer')), patience));
            await Promise.race([opened, late]);
        } catch (error) {
            this.#failed(error);
        }
    }

    /** @param {IDBDatabase} database */
    #use(database) {
        if (this.#isClosed) return database.close();
        // Another tab signs out or has a newer version: it must not wait for this one.
        database.onversionchange = () => this.close();
        database.onclose = () => (this.#database = null);
        this.#database = database;
    }

    close() {
        this.#isClosed = true;
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
        if (done && this.#hasProblem) await this.#catchUp();
        return done === true;
    }

    /** It can be written again: what only memory has is kept too, and the person need not worry any more. */
    async #catchUp() {
        for (const store of storeNames) {
            const memory = this.#memory[store];
            const waiting = [...memory];
            if (!waiting.length) continue;
            const done = await this.#attempt((database) => written(database, store, (objects) => waiting.forEach(([, value]) => objects.put(value))));
            if (!done) return;
            // What was written meanwhile and could not be kept is another value.
            for (const [key, value] of waiting) if (memory.get(key) === value) memory.delete(key);
        }
        this.#hasProblem = false;
        this.#onProblem(null);
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
        } catch (error) {
            this.#failed(error);
        }
    }

    /** @param {any} error */
    #failed(error) {
        this.#hasProblem = true;
        this.#onProblem(error?.name === 'QuotaExceededError' ? 'full' : 'refused');
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
            this.#failed(error);
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
        // An error ends in an abort, and only then it is known which one it was.
        transaction.onabort = () => reject(transaction.error);
        work(transaction.objectStore(store));
        // Not when the browser next has time: a page that is being left has none any more.
        transaction.commit();
    });
}
