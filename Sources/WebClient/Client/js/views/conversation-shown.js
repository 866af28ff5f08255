/** @file Which conversation a page shows: the one of its route. */

import { blankConversation } from '../store/conversations.js';

/** @typedef {import('../store/types.js').State} State @typedef {import('../store/types.js').Conversation} Conversation */

/** A friend with whom nothing was written yet has a conversation as well, an empty one. @type {WeakMap<object, Conversation>} */
const begun = new WeakMap();

/** @param {State} state @param {string|null} address @returns {Conversation|null}  null: neither a conversation nor a friend */
export function conversationWith(state, address) {
    if (address === null) return null;
    const known = state.conversations.get(address);
    if (known) return known;
    const friend = state.friends.get(address);
    if (!friend) return null;
    if (!begun.has(friend)) begun.set(friend, { ...blankConversation(address), username: friend.username, writable: true, complete: true });
    return begun.get(friend) ?? null;
}

/** @param {State} state */
export function shownConversation(state) {
    const { view, address } = state.route;
    if (view === 'channel') return state.conversations.get(address ?? '') ?? null;
    return view === 'conversation' ? conversationWith(state, address) : null;
}
