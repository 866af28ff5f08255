/**
 * @file Messages, whichever way they come: live, replayed, as a page of history or of events, as the receipt of one's own, of one person
 * or of a channel. All of them go through `merged`, which orders by `seq`, knows a message again by its id, and never shows something
 * behind a hole.
 */

import { isChannel, isOverlong, previewOf, shortened, withConversation, withHistory } from './conversations.js';
import { isChannelEventsPage, isChannelPage } from './community-frames.js';
import { isEventsPage, isHistoryPage } from './frames.js';
import { isUnclear, mentionsMe } from './mentions.js';
import { queued, withOutgoing } from './outgoing.js';

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

/** @type {string[]} */
const nobody = [];

/** Which conversation a message belongs to: the channel's, or the other one's. @param {State} state @param {any} raw @returns {string} */
function placeOf(state, raw) {
    return raw.channel_id ?? (raw.from_user_id === state.account?.address ? raw.receiver_id : raw.from_user_id);
}

/** @param {State} state @param {any} raw  as the homeserver writes it @returns {Message} */
function messageOf(state, raw) {
    const own = raw.from_user_id === state.account?.address;
    return {
        messageId: raw.message_id,
        seq: raw.seq,
        n: raw.n,
        fromAddress: raw.from_user_id,
        fromUsername: raw.from_username,
        own,
        text: raw.message,
        deleted: raw.deleted === true,
        mentions: raw.mentions ?? nobody,
        timestamp: raw.timestamp,
        replyTo: raw.reply_to ?? null,
        nonce: own ? raw.nonce ?? null : null,
        delivery: own ? deliveryOf(state, raw) : null,
    };
}

/** A live frame says nothing of the delivery: a message to another homeserver begins as queued. @param {State} state @param {any} raw @returns {Delivery|null} */
function deliveryOf(state, raw) {
    if (raw.channel_id) return null;
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
 * @param {ReadonlySet<string>} [deletions]  ids of messages that were deleted
 * @returns {Partial<Conversation>}
 */
function merged(conversation, messages, range, deletions = new Set()) {
    const outgoing = withoutSent(conversation.outgoing, messages);
    const isLoaded = conversation.loadedSeq > 0;
    const first = isLoaded ? conversation.messages[0]?.seq ?? 1 : Infinity;
    // Pages that touch what is loaded extend it; one that lies behind a hole does not.
    const touches = !isLoaded || (range.from <= conversation.loadedSeq + 1 && range.through >= first - 1);
    if (!touches) return { outgoing };
    const all = appended(conversation, messages, range, deletions) ?? combined(conversation.messages, messages, deletions);
    return {
        messages: all,
        loadedSeq: Math.max(conversation.loadedSeq, range.through),
        complete: conversation.complete || all[0]?.n === 1 || (range.from <= 1 && range.through >= 1),
        outgoing,
    };
}

/**
 * What `combined` gives, for the one message that comes next, as nearly all do: many may be there already, and they need not be put in order.
 * @param {Conversation} conversation @param {Message[]} messages @param {{from: number, through: number}} range @param {ReadonlySet<string>} deletions
 * @returns {Message[]|null}  null: it is something else
 */
export function appended({ messages: there, loadedSeq }, messages, range, deletions) {
    const [message] = messages;
    const isNext = messages.length === 1 && deletions.size === 0 && range.from === loadedSeq + 1 && message.seq > (there.at(-1)?.seq ?? 0);
    return isNext && there.every(({ messageId }) => messageId !== message.messageId) ? [...there, message] : null;
}

/** @param {ReadonlyArray<Message>} there @param {Message[]} messages @param {ReadonlySet<string>} deletions @returns {ReadonlyArray<Message>}  the same, where nothing has changed */
export function combined(there, messages, deletions) {
    const bySeq = new Map(there.map((message) => [message.seq, message]));
    const ids = new Set(there.map((message) => message.messageId));
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
    for (const [seq, known] of bySeq) {
        if (!deletions.has(known.messageId) || known.deleted) continue;
        bySeq.set(seq, asDeleted(known));
        isChanged = true;
    }
    return isChanged ? [...bySeq.values()].sort((a, b) => a.seq - b.seq) : there;
}

/** @param {Message} message @returns {Message} */
const asDeleted = (message) => ({ ...message, text: '', deleted: true, mentions: nobody });

/** @param {Message} known @param {Message} told */
function refreshed(known, told) {
    if (told.deleted && !known.deleted) return asDeleted(known);
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

/** A message that the stream tells of. Counters move on by it, unless something that was ahead of the stream has counted it. @param {State} state @param {any} raw */
function live(state, raw) {
    return withConversation(state, placeOf(state, raw), (conversation) => {
        const message = messageOf(state, raw);
        const changes = arrived(conversation, [message], raw.seq);
        if (conversation.address !== state.route.address && isOverlong(changes.messages ?? [])) Object.assign(changes, shortened(changes.messages ?? []));
        changes.conversationId = raw.conversation_id ?? raw.channel_id;
        if (raw.server_id) changes.communityId = raw.server_id;
        if (raw.seq > (conversation.preview?.seq ?? 0)) changes.preview = previewOf(raw);
        if (raw.seq <= conversation.lastSeq) return changes;
        changes.lastSeq = raw.seq;
        if (isBehindHole(conversation, raw.seq)) changes.isMiscounted = true;
        if (message.own || message.deleted) return changes;
        changes.unread = conversation.unread + 1;
        if (mentionsMe(state, raw.server_id, message.mentions)) changes.mentions = conversation.mentions + 1;
        else if (isUnclear(state, raw.server_id, message.mentions)) changes.isMiscounted = true;
        return changes;
    });
}

/** Of what happened in a channel before it, the stream has not told everything: what of it is unread only the homeserver can say. @param {Conversation} conversation @param {number} seq */
const isBehindHole = ({ address, lastSeq }, seq) => isChannel(address) && seq > lastSeq + 1;

/** What the stream told under one number. @param {Conversation} conversation @param {Message[]} messages @param {number} seq @param {ReadonlySet<string>} [deletions] */
function arrived(conversation, messages, seq, deletions) {
    const changes = merged(conversation, messages, { from: seq, through: seq }, deletions);
    // Nothing was loaded, and this is not the first number: it stays unloaded until the page before it comes.
    const isLone = conversation.loadedSeq === 0 && seq > 1;
    return isLone ? { ...changes, messages: conversation.messages, loadedSeq: 0, complete: conversation.complete } : changes;
}

/** A deletion has a number of its own; the message keeps its place. @param {State} state @param {any} raw */
function messageDeleted(state, raw) {
    return withConversation(state, raw.channel_id, (conversation) => {
        const changes = arrived(conversation, [], raw.seq, new Set([raw.message_id]));
        changes.communityId = raw.server_id;
        if (raw.seq <= conversation.lastSeq) return changes;
        changes.lastSeq = raw.seq;
        const gone = conversation.messages.find(({ messageId }) => messageId === raw.message_id);
        // A page that was ahead of the stream has taken its words already.
        const isUnknown = !gone || gone.deleted;
        if (isBehindHole(conversation, raw.seq) || (isUnknown && conversation.unread > 0)) changes.isMiscounted = true;
        if (isUnknown || gone.own || gone.seq <= conversation.readSeq) return changes;
        changes.unread = Math.max(0, conversation.unread - 1);
        if (mentionsMe(state, raw.server_id, gone.mentions)) changes.mentions = Math.max(0, conversation.mentions - 1);
        return changes;
    });
}

/** @param {State} state @param {any} frame */
function ack(state, frame) {
    for (const conversation of state.conversations.values()) {
        const sent = conversation.outgoing.find((entry) => entry.nonce === frame.nonce);
        if (!sent || !state.account) continue;
        const { type, state: _, ...receipt } = frame;
        if (frame.seq === null) return withOutgoing(state, frame.nonce, queued(frame.message_id));
        const own = { from_user_id: state.account.address, from_username: state.account.username, receiver_id: conversation.address };
        const { communityId: server_id } = conversation;
        const said = { message: sent.text, ...(sent.replyTo && { reply_to: sent.replyTo }), ...(server_id && { server_id, mentions: sent.mentions }) };
        return live(state, { ...receipt, ...own, ...said });
    }
    // Cancelled here while it was under way, or known already from history: the number is news all the same.
    for (const conversation of state.conversations.values()) {
        if (conversation.conversationId !== (frame.conversation_id ?? frame.channel_id) || frame.seq === null) continue;
        return withConversation(state, conversation.address, ({ lastSeq }) => ({ lastSeq: Math.max(lastSeq, frame.seq) }));
    }
    return state;
}

/** @param {State} state @param {any} frame */
function delivery(state, frame) {
    const told = { server: frame.server, state: frame.state, reason: frame.reason ?? null };
    const waiting = [...state.conversations.values()].flatMap(({ outgoing }) => outgoing).find(({ messageId }) => messageId === frame.message_id);
    if (waiting) {
        const failure = { code: told.reason ?? 'internal', message: `${frame.server} did not take it`, field: null, retryAfterMs: null };
        const { server } = frame;
        if (told.state === 'failed') return withOutgoing(state, waiting.nonce, (entry) => ({ ...entry, state: 'failed', failure, server }));
        return told.state === 'delayed' ? withOutgoing(state, waiting.nonce, (entry) => ({ ...entry, state: 'delayed', server })) : state;
    }
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
    const checks = isChannel(address) ? [isChannelPage, isChannelEventsPage] : [isHistoryPage, isEventsPage];
    if (!checks.some((isGood) => isGood(page))) {
        const failure = { code: 'internal', message: 'the homeserver answered something else than a page', field: null, retryAfterMs: null };
        return failed({ ...state, malformed: state.malformed + 1 }, { address, failure });
    }
    const entries = page.messages ?? page.events;
    const isDeletion = (/** @type {any} */ raw) => raw.type === 'message-deleted';
    const isMessage = (/** @type {any} */ raw) => raw.message_id && !isDeletion(raw) && placeOf(state, raw) === address;
    const messages = entries.filter(isMessage).map((/** @type {any} */ raw) => messageOf(state, raw));
    const deletions = new Set(entries.filter(isDeletion).map((/** @type {any} */ raw) => raw.message_id));
    const [first, last] = [entries[0]?.seq, entries.at(-1)?.seq];
    // One that goes on at the community's home, which is away, is no last one.
    const isShort = !page.stale && entries.length < limit;
    const range = { from: isShort ? 1 : first, through: last ?? page.last_seq };
    if (before !== undefined) range.through = before - 1;
    else if (isShort || page.stale) range.through = Math.max(last ?? 0, page.last_seq);
    if (after !== undefined) range.from = after + 1;
    return withConversation(state, address, (conversation) => {
        const empty = { ...conversation, messages: [], loadedSeq: 0, complete: false };
        const base = replace && range.from > conversation.loadedSeq + 1 ? empty : conversation;
        const changes = merged(base, messages, range, deletions);
        return {
            messages: base.messages,
            loadedSeq: base.loadedSeq,
            ...changes,
            complete: (changes.complete ?? base.complete) || (range.from === 1 && page.last_seq === 0),
            conversationId: page.conversation_id ?? conversation.conversationId,
            loadFailure: page.stale ? hostAway : null,
        };
    });
}

/** @type {import('./types.js').Failure} */
const hostAway = { code: 'host_unreachable', message: 'the rest is where the community lives, and that is away', field: null, retryAfterMs: null };

/** @param {State} state @param {{address: string, failure: any}} action */
function failed(state, { address, failure }) {
    const isHosts = isChannel(address) && failure.code === 'remote_unreachable';
    // One's permissions are others meanwhile: what is asked for again says the same.
    const isHidden = isChannel(address) && failure.code === 'forbidden';
    return withConversation(state, address, (conversation) => ({ loadFailure: isHosts ? hostAway : failure, ...(isHidden && withHistory(conversation, false)) }));
}

/** @type {Record<string, (state: State, frame: any) => State>} */
export const messageFrames = {
    'new-private-message': live,
    'private-message-sent': live,
    'new-channel-message': live,
    'message-deleted': messageDeleted,
    ack,
    delivery,
};

/** @type {Record<string, (state: State, action: any) => State>} */
export const messageActions = {
    page,
    'load-started': (state, { address, what }) => withConversation(state, address, () => ({ loading: what, loadFailure: null })),
    'load-failed': failed,
    'load-ended': (state, { address }) => (state.conversations.has(address) ? withConversation(state, address, () => ({ loading: null })) : state),
};
