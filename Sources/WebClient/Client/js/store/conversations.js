/** @file What the list of conversations knows of each: numbers, unread counts, the beginning of the last message, drafts. */

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Conversation} Conversation */

/** Code points of a preview, as in `ready`. */
const previewLength = 200;

/** Messages that a conversation keeps when two others were opened since: whoever looks elsewhere for a moment finds his place again. */
const keptMessages = 500;

/** Whether so many have come while one looks elsewhere that they are cut: not at each one that comes. @param {Conversation['messages']} messages */
export const isOverlong = (messages) => messages.length > 2 * keptMessages;

/** The last of them; the others can be had again. @param {Conversation['messages']} messages @returns {Partial<Conversation>} */
export const shortened = (messages) => ({ messages: messages.slice(-keptMessages), complete: false });

/** Whether a conversation is a channel of a community. @param {string} address  as which it is known */
export const isChannel = (address) => !address.includes('@');

/**
 * A conversation of which nothing is known but whose it is.
 * @param {string} address
 * @returns {Conversation}
 */
export function blankConversation(address) {
    return {
        address,
        username: isChannel(address) ? '' : address.split('@')[0],
        communityId: null,
        conversationId: isChannel(address) ? address : null,
        incarnation: null,
        writable: false,
        lastSeq: 0,
        readSeq: 0,
        unread: 0,
        mentions: 0,
        isMiscounted: false,
        preview: null,
        messages: [],
        complete: false,
        isHistoryHidden: false,
        loadedSeq: 0,
        stale: false,
        loading: null,
        loadFailure: null,
        outgoing: [],
        draft: '',
        place: null,
    };
}

/**
 * The state with one conversation changed. `change` gives what is other, or null to leave all as it is.
 * @param {State} state
 * @param {string} address
 * @param {(conversation: Conversation) => Partial<Conversation>|null} change
 * @returns {State}
 */
export function withConversation(state, address, change) {
    const known = state.conversations.get(address);
    const before = known ?? { ...blankConversation(address), writable: state.friends.has(address) };
    const changes = change(before);
    if (!changes) return state;
    const after = { ...before, ...changes };
    after.stale = after.loadedSeq < after.lastSeq;
    // Nothing loaded is all there is only while there is nothing.
    if (after.loadedSeq === 0 && after.lastSeq > 0) after.complete = false;
    return sameOr(known, after) === known ? state : { ...state, conversations: new Map(state.conversations).set(address, after) };
}

/**
 * @param {{from_user_id: string, message: string, timestamp: string, seq: number, truncated?: boolean}} message
 * @returns {import('./types.js').Preview}
 */
export function previewOf(message) {
    // Twice as many units as code points are enough, and a long message is not taken apart whole.
    const points = Array.from(message.message.slice(0, 2 * previewLength + 2));
    const isCut = points.length > previewLength;
    return {
        fromAddress: message.from_user_id,
        text: isCut ? points.slice(0, previewLength).join('') : message.message,
        timestamp: message.timestamp,
        seq: message.seq,
        truncated: isCut || message.truncated === true,
    };
}

/**
 * `before`, when `after` says nothing else: who watches it stays quiet.
 * @template {object} T
 * @param {T|null|undefined} before
 * @param {T} after
 * @returns {T}
 */
export function sameOr(before, after) {
    if (!before) return after;
    return Object.entries(after).every(([key, value]) => Object.is(value, /** @type {any} */ (before)[key])) ? before : after;
}

/**
 * How far a conversation goes and what of it is unread, as the homeserver says it of one moment. Answers and the stream come by two ways, so
 * either may be ahead: of two sayings that one holds which knows more, and frames of what it has counted do not count again.
 * @param {Conversation} conversation @param {any} told @returns {Partial<Conversation>|null}  null when what is known is later
 */
export function standing(conversation, { last_seq: lastSeq, read_seq: readSeq, unread, mentions = 0 }) {
    if (lastSeq < conversation.lastSeq || readSeq < conversation.readSeq) return null;
    return { lastSeq, readSeq, unread, mentions, isMiscounted: false };
}

/**
 * Who may not read what was said in a channel has all that he may have, and goes on with what comes. Who may again reads anew.
 * @param {Conversation} conversation @param {boolean} mayRead @returns {Partial<Conversation>|null}
 */
export function withHistory({ isHistoryHidden, loadedSeq, lastSeq }, mayRead) {
    if (!mayRead) return { isHistoryHidden: true, loadedSeq: Math.max(loadedSeq, lastSeq), complete: true };
    return isHistoryHidden ? { isHistoryHidden: false, messages: [], loadedSeq: 0, complete: false } : null;
}

/** What `ready` says of a private conversation. @param {any} entry @param {Conversation} known @returns {Partial<Conversation>} */
function directOf(entry, known) {
    const preview = entry.last_message ? previewOf(entry.last_message) : null;
    return { username: entry.username, writable: entry.state === 'friends', preview: preview && sameOr(known.preview, preview) };
}

/** @param {State} state @param {any} frame */
function ready(state, frame) {
    const conversations = new Map();
    const database = frame.incarnation ?? null;
    // The numbers of a community that lives elsewhere are of that homeserver's database, too.
    const elsewhere = new Map((frame.servers ?? []).map((/** @type {any} */ raw) => [raw.server_id, raw.incarnation]));
    const incarnationOf = (/** @type {string|null|undefined} */ communityId) => {
        const other = elsewhere.get(communityId ?? '');
        return other ? `${database ?? ''} ${other}` : database;
    };
    const direct = frame.direct.map((/** @type {any} */ entry) => ({ ...entry, address: entry.user_id, mentions: 0, more: directOf }));
    const channels = (frame.channels ?? []).map((/** @type {any} */ entry) =>
        ({ ...entry, address: entry.id, conversation_id: entry.id, more: () => ({ communityId: entry.server_id }) }));
    for (const entry of [...direct, ...channels]) {
        const { address } = entry;
        const incarnation = incarnationOf(entry.server_id);
        let known = state.conversations.get(address) ?? blankConversation(address);
        // The homeserver's database is another one, or an older one: what was loaded is not true any more.
        const isOther =
            (known.conversationId !== null && known.conversationId !== entry.conversation_id) ||
            (known.incarnation !== null && known.incarnation !== incarnation);
        if (isOther || known.loadedSeq > entry.last_seq) known = { ...known, messages: [], loadedSeq: 0, complete: false };
        const next = {
            ...known,
            ...entry.more(entry, known),
            conversationId: entry.conversation_id,
            incarnation,
            lastSeq: entry.last_seq,
            readSeq: entry.read_seq,
            unread: entry.unread,
            mentions: entry.mentions,
            isMiscounted: false,
            complete: known.loadedSeq > 0 ? known.complete : entry.last_seq === 0,
            stale: known.loadedSeq < entry.last_seq,
            loadFailure: null,
        };
        conversations.set(address, sameOr(known, next));
    }
    // Of very many channels those in which nothing is unread may not be named; which of them there still are, their community says.
    const joined = new Set((frame.servers ?? []).map((/** @type {any} */ { server_id: id }) => id));
    for (const [address, known] of state.conversations) {
        if (conversations.has(address) || known.communityId === null || !joined.has(known.communityId)) continue;
        const incarnation = incarnationOf(known.communityId);
        // One that only its community has told of so far: of which database what is loaded is was not said.
        const unsaid = known.incarnation === null && { incarnation, messages: [], loadedSeq: 0, complete: known.lastSeq === 0, stale: known.lastSeq > 0 };
        if (unsaid || known.incarnation === incarnation) conversations.set(address, sameOr(known, { ...known, ...unsaid, unread: 0, mentions: 0 }));
    }
    // What is only here, unsent or half written, stays; in a channel only while one is in its community.
    for (const [address, known] of state.conversations) {
        if (conversations.has(address) || (!known.outgoing.length && !known.draft)) continue;
        const isFriend = frame.friends.some((/** @type {any} */ friend) => friend.user_id === address);
        const { outgoing, draft, communityId, username } = known;
        if (communityId !== null && !joined.has(communityId)) continue;
        const ofChannel = communityId !== null && { communityId, username, writable: known.writable };
        conversations.set(address, { ...blankConversation(address), writable: isFriend, outgoing, draft, ...ofChannel });
    }
    return { ...state, conversations };
}

/** @param {State} state @param {any} frame */
function unreadChanged(state, frame) {
    const { channel_id: channelId, server_id: communityId } = frame;
    const whose = channelId === undefined ? { username: frame.username, conversationId: frame.conversation_id } : { communityId };
    return withConversation(state, channelId ?? frame.user_id, (conversation) => ({
        ...whose,
        ...standing(conversation, frame),
    }));
}

/** @type {Record<string, (state: State, frame: any) => State>} */
export const conversationFrames = { ready, 'unread-changed': unreadChanged };

/** @type {Record<string, (state: State, action: any) => State>} */
export const conversationActions = {
    /** Kept from the last visit, shown until `ready` says what is true. */
    'conversations-restored': (state, { conversations }) => {
        const all = new Map(state.conversations);
        for (const kept of conversations) {
            const known = all.get(kept.address);
            if (known && (known.conversationId !== null || known.messages.length)) continue;
            const { outgoing = [], draft = '' } = known ?? {};
            all.set(kept.address, { ...blankConversation(kept.address), ...kept, outgoing, draft, loading: null, loadFailure: null });
        }
        return { ...state, conversations: all };
    },
    draft: (state, { address, text }) => withConversation(state, address, () => ({ draft: text })),
    place: (state, { address, place }) => (state.conversations.has(address) ? withConversation(state, address, () => ({ place })) : state),
    'conversation-left': (state, { address }) => {
        const long = [...state.conversations.values()].filter(({ messages }) => messages.length > keptMessages);
        const old = long.filter((one) => one.address !== address && one.address !== state.route.address);
        return old.reduce((next, one) => withConversation(next, one.address, () => shortened(one.messages)), state);
    },
};
