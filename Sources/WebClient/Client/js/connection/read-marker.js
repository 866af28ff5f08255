/** @file Tells the homeserver how far one has read: at most once a second a conversation, and only forward. The counters change by its answer. */

import { isChannel } from '../store/conversations.js';

const interval = 1_000;
/** When the homeserver says that it cannot now, and not for how long (ms). */
const pause = 3_000;
/** What passes by itself. */
const passing = ['rate_limited', 'unavailable'];

/** @typedef {{seq: number, sent: number, turn: number, isWaiting: boolean}} Mark */

export class ReadMarker {
    #store;
    #send;
    #setTimer;
    /** @type {Map<string, Mark>} */
    #marks = new Map();

    /**
     * @param {import('../store/store.js').Store} store
     * @param {(frame: object) => boolean} send  false when there is no live socket
     * @param {(run: () => void, ms: number) => any} setTimer
     */
    constructor(store, send, setTimer) {
        this.#store = store;
        this.#send = send;
        this.#setTimer = setTimer;
    }

    /** @param {string} address @param {number} seq */
    mark(address, seq) {
        const conversation = this.#store.state.conversations.get(address);
        // Nothing that somebody else wrote is unread: there is nothing to tell.
        if (!conversation || (conversation.unread === 0 && !conversation.isMiscounted) || seq <= conversation.readSeq) return;
        const mark = this.#marks.get(address) ?? { seq: 0, sent: 0, turn: 0, isWaiting: false };
        this.#marks.set(address, mark);
        mark.seq = Math.max(mark.seq, seq);
        if (!mark.isWaiting) this.#flush(address, mark);
    }

    /** What could not be told while the link was down, or was lost with it. */
    linkIsLive() {
        for (const [address, mark] of this.#marks) {
            mark.sent = 0;
            if (!mark.isWaiting) this.#flush(address, mark);
        }
    }

    /** A refusal does not say which was meant: whatever is not read yet is told again. @param {any} frame */
    onFrame(frame) {
        if (frame.type !== 'error' || frame.ref_type !== 'mark-read' || !passing.includes(frame.code)) return;
        for (const [address, mark] of this.#marks) {
            mark.sent = 0;
            this.#wait(address, mark, Math.max(frame.retry_after_ms ?? pause, interval));
        }
    }

    /** @param {string} address @param {Mark} mark */
    #flush(address, mark) {
        const conversation = this.#store.state.conversations.get(address);
        if (!conversation?.conversationId || mark.seq <= Math.max(mark.sent, conversation.readSeq)) return;
        const { conversationId } = conversation;
        const which = isChannel(address) ? { channel_id: conversationId } : { conversation_id: conversationId };
        if (!this.#send({ type: 'mark-read', ...which, seq: mark.seq })) return;
        mark.sent = mark.seq;
        this.#wait(address, mark, interval);
    }

    /** @param {string} address @param {Mark} mark @param {number} ms */
    #wait(address, mark, ms) {
        mark.isWaiting = true;
        mark.turn += 1;
        const { turn } = mark;
        this.#setTimer(() => {
            // It was told to wait longer meanwhile.
            if (mark.turn !== turn) return;
            mark.isWaiting = false;
            this.#flush(address, mark);
        }, ms);
    }
}
