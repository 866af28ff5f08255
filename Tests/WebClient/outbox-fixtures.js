/** What the tests of the outbox share: pages that send, and the disk that outlives them. */

import { Outbox } from '../../Sources/WebClient/Client/js/connection/outbox.js';
import { bob, carol, direct, ready, settled, stateAfter, storeOf } from './fixtures.js';

/** @typedef {import('./fixtures.js').Clock} Clock */

/** What survives a reload and what all tabs share. Values are copied, as IndexedDB does it. */
export class Disk {
    /** @type {Map<string, any>} */
    entries = new Map();
    isBroken = false;

    all = async () => [...this.entries.values()].map((entry) => structuredClone(entry));
    put = async (/** @type {string} */ _, /** @type {any[]} */ ...entries) => {
        if (this.isBroken) return false;
        for (const entry of entries) this.entries.set(entry.nonce, structuredClone(entry));
        return true;
    };
    remove = async (/** @type {string} */ _, /** @type {string[]} */ ...nonces) => nonces.forEach((nonce) => this.entries.delete(nonce));
}

/** One page: a store, an outbox, and a socket that only notes what was sent. */
export class Page {
    /** @type {any[]} */
    sent = [];
    isConnected = true;
    /** @type {Page[]} the other tabs */
    others = [];
    /** @type {string[]} what was told to be lost */
    lost = [];
    lifetime = new AbortController();
    nonces = 0;

    /** @param {Clock} clock @param {Disk} disk @param {string} name */
    constructor(clock, disk, name = 'n') {
        this.clock = clock;
        this.disk = disk;
        this.store = storeOf(stateAfter(ready({ direct: [direct(bob), direct(carol)] })));
        this.outbox = new Outbox({
            store: this.store,
            database: disk,
            send: (frame) => this.isConnected && this.sent.push(frame) > 0,
            tabs: { post: (message) => this.others.forEach((other) => other.outbox.onTab(structuredClone(message))) },
            setTimer: clock.setTimer,
            clearTimer: clock.clearTimer,
            now: () => clock.now,
            newNonce: () => `${name}${(this.nonces += 1)}`,
            lost: (texts) => void this.lost.push(...texts),
        });
    }

    /** A page that is open, has the lock, and is connected. */
    async ready() {
        await this.open();
        await this.outbox.becomeSender();
        this.outbox.linkIsLive();
        await settled();
        return this;
    }

    async open() {
        await this.outbox.start(this.lifetime.signal);
        return this;
    }

    /** @param {string} text @param {string} [address] */
    async write(text, address = bob) {
        this.outbox.add(address, text);
        await settled();
    }

    /** The homeserver says something. @param {any} frame */
    async hear(frame) {
        this.store.dispatch({ type: 'frame', frame, now: this.clock.now });
        this.outbox.onFrame(frame);
        await settled();
    }

    get texts() {
        return this.sent.map((frame) => frame.message);
    }

    /** @param {string} [address] */
    rows(address = bob) {
        return this.store.state.conversations.get(address)?.outgoing.map((/** @type {any} */ entry) => [entry.text, entry.state, entry.failure?.code ?? null]);
    }
}
