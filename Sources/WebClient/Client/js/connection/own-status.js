/** @file Tells the homeserver as what one wants to be seen, and waits for its word: `own-status-changed`, or an `error`. Its only state is what waits. */

import { Failed } from './api.js';

/** How long (ms) the answer may take. */
const patience = 10_000;

/** @typedef {'online'|'offline'|'invisible'} Status */

export class OwnStatus {
    #send;
    #setTimer;
    #clearTimer;
    /** @type {{status: Status, done: (failure?: Failed) => void}|null} */
    #waiting = null;

    /**
     * @param {(frame: object) => boolean} send  false when there is no live socket
     * @param {(run: () => void, ms: number) => any} setTimer
     * @param {(timer: any) => void} clearTimer
     */
    constructor(send, setTimer, clearTimer) {
        this.#send = send;
        this.#setTimer = setTimer;
        this.#clearTimer = clearTimer;
    }

    /** The latest wish counts: one that still waits is as good as done. @param {Status} status @returns {Promise<void>} rejects with a `Failure` */
    set(status) {
        this.#waiting?.done();
        return new Promise((resolve, reject) => {
            const timer = this.#setTimer(() => waiting.done(new Failed('network', 'the homeserver did not answer')), patience);
            const waiting = {
                status,
                done: (/** @type {Failed|undefined} */ failure) => {
                    this.#clearTimer(timer);
                    if (this.#waiting === waiting) this.#waiting = null;
                    if (failure) reject(failure);
                    else resolve();
                },
            };
            this.#waiting = waiting;
            if (!this.#send({ type: 'status-update', status })) waiting.done(new Failed('network', 'there is no connection'));
        });
    }

    /** @param {any} frame  a good one */
    onFrame(frame) {
        if (frame.type === 'own-status-changed' && frame.status === this.#waiting?.status) this.#waiting?.done();
        if (frame.type !== 'error' || frame.ref_type !== 'status-update') return;
        this.#waiting?.done(new Failed(frame.code, frame.message, { field: frame.field ?? null, retryAfterMs: frame.retry_after_ms ?? null }));
    }

    /** Nobody knows whether it has arrived. */
    linkIsLost() {
        this.#waiting?.done(new Failed('network', 'the connection was lost'));
    }
}
