/**
 * @file What is new to the one who reads: where the line "new" stands, what was read up to, and what is to be said aloud. It is told of
 * every state of the conversation that is shown.
 */

import { firstNewKey } from './timeline-items.js';

/** @typedef {import('../store/types.js').Conversation} Conversation */

export class TimelineReading {
    /** The line "new" stands before the first message of the other one behind this number. @type {number|null} */
    #newAfter;
    #askedFor = 0;
    #saidUpTo;
    #isOpening = true;

    /** @param {Conversation} conversation */
    constructor(conversation) {
        this.#newAfter = conversation.unread > 0 ? conversation.readSeq : null;
        this.#saidUpTo = conversation.lastSeq;
    }

    /** Until everything new is loaded and its beginning was shown, or a person has scrolled. */
    get isOpening() {
        return this.#isOpening;
    }

    opened() {
        this.#isOpening = false;
    }

    /** @param {Conversation} conversation */
    newKey(conversation) {
        return firstNewKey(conversation.messages, this.#newAfter);
    }

    /**
     * The line moves when something new begins while nobody looks.
     * @param {Conversation} before @param {Conversation} now @param {boolean} isAttending
     */
    changed(before, now, isAttending) {
        const begins = before.unread === 0 && now.unread > 0;
        if (begins && !isAttending) this.#newAfter = now.readSeq;
    }

    /** Up to where it was read just now, or null when that is known already. @param {Conversation} conversation @returns {number|null} */
    read({ messages, readSeq }) {
        for (let index = messages.length - 1; index >= 0 && messages[index].seq > readSeq; index -= 1) {
            if (messages[index].own) continue;
            const upTo = messages[messages.length - 1].seq;
            if (upTo <= this.#askedFor) return null;
            this.#askedFor = upTo;
            return upTo;
        }
        return null;
    }

    /** What of the other one came and was not said yet. History, loaded later, lies before it. @param {Conversation} conversation */
    unsaid({ messages, stale }) {
        const fresh = [];
        if (stale) return fresh;
        for (let index = messages.length - 1; index >= 0 && messages[index].seq > this.#saidUpTo; index -= 1) {
            if (!messages[index].own) fresh.unshift(messages[index]);
        }
        this.#saidUpTo = Math.max(this.#saidUpTo, messages.at(-1)?.seq ?? 0);
        return fresh;
    }
}
