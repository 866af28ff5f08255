/** @file Carries out what link-state.js decides: tickets, the socket, timers. Its only state is the machine's, the socket and the timers. */

import { sameOr } from '../store/conversations.js';
import { idle, shown, step } from './link-state.js';

/**
 * @typedef {object} LinkParts
 * @property {() => Promise<string>} ticket  rejects with a `Failure`
 * @property {(ticket: string, resume: boolean, listener: import('./socket.js').Listener) => import('./socket.js').Socket} open
 * @property {(run: () => void, ms: number) => any} setTimer
 * @property {(timer: any) => void} clearTimer
 * @property {() => number} now
 * @property {() => number} random
 * @property {(link: import('../store/types.js').Link) => void} show
 * @property {(frame: any) => void} deliver
 * @property {(what: 'live'|'revoked'|'outdated'|'other-account'|'too-many-tabs') => void} tell
 */

export class Link {
    #parts;
    #state = idle;
    /** @type {import('./socket.js').Socket|null} */
    #socket = null;
    /** @type {Map<string, any>} */
    #timers = new Map();

    /** @param {LinkParts} parts */
    constructor(parts) {
        this.#parts = parts;
    }

    get isLive() {
        return this.#state.phase === 'live';
    }

    /** @param {string} account */
    start(account) {
        this.#happened({ type: 'start', account });
    }

    stop() {
        this.#happened({ type: 'stop' });
    }

    /** The page became visible, or the network came back. */
    wake() {
        this.#happened({ type: 'wake' });
    }

    retry() {
        this.#happened({ type: 'retry' });
    }

    /** @param {object} frame @returns {boolean} whether it was given to a live socket */
    send(frame) {
        if (!this.isLive) return false;
        this.#socket?.send(frame);
        return true;
    }

    /** @param {{type: string, [key: string]: any}} event */
    #happened(event) {
        const before = this.#state;
        const { state, effects } = step(before, { ...event, now: this.#parts.now(), random: this.#parts.random() });
        this.#state = state;
        const [link, known] = [shown(state), shown(before)];
        if (sameOr(known, link) !== known) this.#parts.show(link);
        for (const effect of effects) this.#carryOut(effect);
    }

    /** @param {import('./link-state.js').Effect} effect */
    #carryOut(effect) {
        switch (effect.do) {
            case 'ticket': return void this.#fetchTicket();
            case 'open': return this.#open(effect.ticket, effect.resume);
            case 'send': return this.#socket?.send(effect.frame);
            case 'close': return this.#close();
            case 'deliver': return this.#parts.deliver(effect.frame);
            case 'tell': return this.#parts.tell(effect.what);
            case 'clear': return this.#clear(effect.name);
            case 'timer': return this.#set(effect.name, effect.ms);
        }
    }

    async #fetchTicket() {
        try {
            const ticket = await this.#parts.ticket();
            this.#happened({ type: 'ticket', ticket });
        } catch (failure) {
            this.#happened({ type: 'ticket-failed', failure });
        }
    }

    /** @param {string} ticket @param {boolean} resume */
    #open(ticket, resume) {
        this.#socket = this.#parts.open(ticket, resume, {
            frame: (frame) => this.#happened({ type: 'frame', frame }),
            closed: (code) => this.#happened({ type: 'closed', code }),
        });
    }

    #close() {
        const socket = this.#socket;
        this.#socket = null;
        socket?.close();
    }

    /** @param {string} name */
    #clear(name) {
        this.#parts.clearTimer(this.#timers.get(name));
        this.#timers.delete(name);
    }

    /** @param {string} name @param {number} ms */
    #set(name, ms) {
        this.#clear(name);
        this.#timers.set(name, this.#parts.setTimer(() => this.#happened({ type: 'timer', name }), ms));
    }
}
