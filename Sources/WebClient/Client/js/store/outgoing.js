/** @file One's own messages that have no number yet. The outbox (connection/outbox.js) decides; this only shows what it decided. */

import { withConversation } from './conversations.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Outgoing} Outgoing */

/**
 * The nonce of the message by which one that the other homeserver refused is sent again. The homeserver takes a nonce once, and history
 * has it: so it happens once, in whichever tab or browser it is asked for, and the refused one is known to have been sent again.
 * @param {string} messageId  of the refused one
 */
export const nonceOfRetry = (messageId) => `again-${messageId}`;

/**
 * @param {State} state
 * @param {string} nonce
 * @param {(entry: Outgoing) => Outgoing|null} change  null takes it away
 */
export function withOutgoing(state, nonce, change) {
    for (const { address, outgoing } of state.conversations.values()) {
        const entry = outgoing.find((one) => one.nonce === nonce);
        if (!entry) continue;
        const others = outgoing.filter((one) => one !== entry);
        const next = change(entry);
        return withConversation(state, address, () => ({ outgoing: next ? inOrder([...others, next]) : others }));
    }
    return state;
}

/** @param {Outgoing[]} entries */
function inOrder(entries) {
    return entries.sort((a, b) => a.createdAt - b.createdAt || (a.nonce < b.nonce ? -1 : 1));
}

/** The homeserver has it, under this id. @param {string} messageId @returns {(entry: Outgoing) => Outgoing} */
export const queued = (messageId) => (entry) =>
    (entry.messageId === messageId && entry.state !== 'pending' ? entry : { ...entry, state: 'queued', messageId, failure: null });

/** @type {Record<string, (state: State, action: any) => State>} */
export const outgoingActions = {
    /** Written here, handed over by another tab, or kept from before a reload. What has a number already is not shown a second time. */
    'outgoing-added': (state, { entry }) =>
        withConversation(state, entry.address, ({ outgoing, messages, communityId }) => {
            const isKnown = outgoing.some((one) => one.nonce === entry.nonce) || messages.some((one) => one.nonce === entry.nonce);
            return isKnown ? null : { outgoing: inOrder([...outgoing, entry]), communityId: communityId ?? entry.communityId ?? null };
        }),
    'outgoing-failed': (state, { nonce, failure }) => withOutgoing(state, nonce, (entry) => ({ ...entry, state: 'failed', failure })),
    'outgoing-queued': (state, { nonce, messageId }) => withOutgoing(state, nonce, queued(messageId)),
    /** Asked for again: it counts as written now, and goes behind what was written before. */
    'outgoing-retried': (state, { nonce, createdAt }) =>
        withOutgoing(state, nonce, (entry) => ({ ...entry, state: 'pending', failure: null, messageId: undefined, server: undefined, createdAt })),
    'outgoing-removed': (state, { nonce }) => withOutgoing(state, nonce, () => null),
};
