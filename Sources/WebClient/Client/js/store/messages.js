/**
 * @file Messages, whichever way they come: live, replayed, as a page of history or of events, as the receipt of one's own. All of them go
 * through `merged`, which orders by `seq`, knows a message again by its id, and never shows something behind a hole.
 */

import { previewOf, withConversation } from './conversations.js';
import { isEventsPage, isHistoryPage } from './frames.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Conversation} Conversation */
/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Delivery} Delivery */

/** Deliveries that are kept for messages which are not loaded. */
const keptDeliveries = 200;

/** A delivery only moves forward; what is told twice or late does not turn it back. */
const progress = { queued: 0, delayed: 1, delivered: 2, failed: 2 };

/** @param {string} address */
const serverOf = (address) => address.slice(address.indexOf('@') + 1);

/** Whose conversation a message belongs to: the other one's. @param {State} state @param {any} raw */
function otherOf(state, raw) {
    return raw.from_user_id === state.account?.address ? raw.receiver_id : raw.from_user_id;
}

/** @param {State} state @param {any} raw  as the homeserver writes it @returns {Message} */
function messageOf(state, raw) {
    const own = raw.from_user_id === state.account?.address;
    return {
        messageId: raw.message_id,
        seq: raw.seq,
        n: raw.n,
        fromAddress: raw.from_user_id,
        own,
        text: raw.message,
        timestamp: raw.timestamp,
        replyTo: raw.reply_to ?? null,
        nonce: own ? raw.nonce ?? null : null,
        delivery: own ? deliveryOf(state, raw) : null,
    };
}

/** A live frame says nothing of the delivery: a message to another homeserver begins as queued. @param {State} state @param {any} raw @returns {Delivery|null} */
function deliveryOf(state, raw) {
    const server = serverOf(raw.receiver_id);
    if (!raw.delivery && server === state.account?.server) return null;
    const told = raw.delivery ? { ...raw.delivery, reason: raw.delivery.reason ?? null } : { server, state: 'queued', reason: null };
    return furtherDelivery(told, state.earlyDeliveries.get(raw.message_id) ?? null);
}

/** @param {Delivery|null} a @param {Delivery|null} b */
function furtherDelivery(a, b) {
    if (!a || !b) return a ?? b;
    return progress[b.state] > progress[a.state] ? b : a;
}

/**
 * The one way by which messages come into a conversation.
 * @param {Conversation} conversation
 * @param {Message[]} messages  ascending
 * @param {{from: number, through: number}} range  the numbers that they are all of
 * @returns {Partial<Conversation>}
 */
function merged(conversation, messages, range) {
    const outgoing = withoutSent(conversation.outgoing, messages);
    const isLoaded = conversation.loadedSeq > 0;
    const first = isLoaded ? conversation.messages[0]?.seq ?? 1 : Infinity;
    // Pages that touch what is loaded extend it; one that lies behind a hole does not.
    const touches = !isLoaded || (range.from <= conversation.loadedSeq + 1 && range.through >= first - 1);
    if (!touches) return { outgoing };
    const bySeq = new Map(conversation.messages.map((message) => [message.seq, message]));
    const ids = new Set(conversation.messages.map((message) => message.messageId));
    let isChanged = false;
    for (const message of messages) {
        const known = bySeq.get(message.seq);
        if (known ? known.messageId !== message.messageId : ids.has(message.messageId)) continue;
        const next = known ? refreshed(known, message) : message;
        if (next === known) continue;
        bySeq.set(next.seq, next);
        ids.add(next.messageId);
        isChanged = true;
    }
    const all = isChanged ? [...bySeq.values()].sort((a, b) => a.seq - b.seq) : conversation.messages;
    return {
        messages: all,
        loadedSeq: Math.max(conversation.loadedSeq, range.through),
        complete: conversation.complete || all[0]?.n === 1 || (range.from <= 1 && range.through >= 1),
        outgoing,
    };
}

/** @param {Message} known @param {Message} told */
function refreshed(known, told) {
    const delivery = furtherDelivery(known.delivery, told.delivery);
    const nonce = known.nonce ?? told.nonce;
    return delivery === known.delivery && nonce === known.nonce ? known : { ...known, delivery, nonce };
}

/** @param {Conversation['outgoing']} outgoing @param {Message[]} messages */
function withoutSent(outgoing, messages) {
    if (!outgoing.length) return outgoing;
    const nonces = new Set(messages.map((message) => message.nonce));
    const left = outgoing.filter((entry) => !nonces.has(entry.nonce));
    return left.length === outgoing.length ? outgoing : left;
}

/** A message that the stream tells of: the only way by which counters move on between two `ready`. @param {State} state @param {any} raw */
function live(state, raw) {
    return withConversation(state, otherOf(state, raw), (conversation) => {
        const message = messageOf(state, raw);
        const changes = merged(conversation, [message], { from: raw.seq, through: raw.seq });
        // Nothing was loaded, and this is not the first message: it stays unloaded until the page before it comes.
        const isLone = conversation.loadedSeq === 0 && raw.seq > 1;
        if (isLone) Object.assign(changes, { messages: conversation.messages, loadedSeq: 0, complete: conversation.complete });
        changes.conversationId = raw.conversation_id;
        if (raw.seq <= conversation.lastSeq) return changes;
        changes.lastSeq = raw.seq;
        changes.preview = previewOf(raw);
        if (!message.own) changes.unread = conversation.unread + 1;
        return changes;
    });
}

/** @param {State} state @param {any} frame */
function ack(state, frame) {
    for (const conversation of state.conversations.values()) {
        const sent = conversation.outgoing.find((entry) => entry.nonce === frame.nonce);
        if (!sent || !state.account) continue;
        const { type, state: _, ...receipt } = frame;
        const own = { from_user_id: state.account.address, from_username: state.account.username, receiver_id: conversation.address };
        return live(state, { ...receipt, ...own, message: sent.text, ...(sent.replyTo && { reply_to: sent.replyTo }) });
    }
    // Cancelled here while it was under way, or known already from history: the number is news all the same.
    for (const conversation of state.conversations.values()) {
        if (conversation.conversationId !== frame.conversation_id) continue;
        return withConversation(state, conversation.address, ({ lastSeq }) => ({ lastSeq: Math.max(lastSeq, frame.seq) }));
    }
    return state;
}

/** @param {State} state @param {any} frame */
function delivery(state, frame) {
    const told = { server: frame.server, state: frame.state, reason: frame.reason ?? null };
    for (const conversation of state.conversations.values()) {
        if (serverOf(conversation.address) !== frame.server) continue;
        const index = conversation.messages.findLastIndex((message) => message.messageId === frame.message_id);
        if (index < 0) continue;
        const known = conversation.messages[index];
        const further = furtherDelivery(known.delivery, told);
        if (further === known.delivery) return state;
        const messages = conversation.messages.map((message) => (message === known ? { ...known, delivery: further } : message));
        return withConversation(state, conversation.address, () => ({ messages }));
    }
    const early = new Map(state.earlyDeliveries);
    early.set(frame.message_id, furtherDelivery(early.get(frame.message_id) ?? null, told));
    if (early.size > keptDeliveries) early.delete(early.keys().next().value);
    return { ...state, earlyDeliveries: early };
}

/**
 * A page of history or events, asked for `latest`, `before` or `after` a number. An answer to a question that has become another one
 * meanwhile does not touch what is loaded, and is dropped.
 * @param {State} state
 * @param {{address: string, page: any, before?: number, after?: number, limit: number, replace?: boolean}} action
 */
function page(state, { address, page, before, after, limit, replace }) {
    if (!isHistoryPage(page) && !isEventsPage(page)) {
        const failure = { code: 'internal', message: 'the homeserver answered something else than a page', field: null, retryAfterMs: null };
        return failed({ ...state, malformed: state.malformed + 1 }, { address, failure });
    }
    const entries = page.messages ?? page.events;
    const messages = entries.filter((/** @type {any} */ raw) => raw.message_id && otherOf(state, raw) === address).map((/** @type {any} */ raw) => messageOf(state, raw));
    const [first, last] = [entries[0]?.seq, entries.at(-1)?.seq];
    const isShort = entries.length < limit;
    const range = { from: isShort ? 1 : first, through: last ?? page.last_seq };
    if (before !== undefined) range.through = before - 1;
    else if (isShort) range.through = Math.max(last ?? 0, page.last_seq);
    if (after !== undefined) range.from = after + 1;
    return withConversation(state, address, (conversation) => {
        const empty = { ...conversation, messages: [], loadedSeq: 0, complete: false };
        const base = replace && range.from > conversation.loadedSeq + 1 ? empty : conversation;
        const changes = merged(base, messages, range);
        return {
            messages: base.messages,
            loadedSeq: base.loadedSeq,
            ...changes,
            complete: (changes.complete ?? base.complete) || (range.from === 1 && page.last_seq === 0),
            conversationId: page.conversation_id ?? conversation.conversationId,
            loadFailure: null,
        };
    });
}

/** @param {State} state @param {{address: string, failure: any}} action */
function failed(state, { address, failure }) {
    return withConversation(state, address, () => ({ loadFailure: failure }));
}

/** @type {Record<string, (state: State, frame: any) => State>} */
export const messageFrames = { 'new-private-message': live, 'private-message-sent': live, ack, delivery };

/** @type {Record<string, (state: State, action: any) => State>} */
export const messageActions = {
    page,
    'load-started': (state, { address, what }) => withConversation(state, address, () => ({ loading: what, loadFailure: null })),
    'load-failed': failed,
    'load-ended': (state, { address }) => (state.conversations.has(address) ? withConversation(state, address, () => ({ loading: null })) : state),
};
