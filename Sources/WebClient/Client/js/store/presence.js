/**
 * @file Who is online, and as what one is seen oneself. A friend's status has no number in the stream: what one missed comes after `resumed`,
 * so what was told last is kept, and shown while the link is live only (selectors.js).
 */

import { sameOr } from './conversations.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Presence} Presence */

/** @param {{status: Presence['status'], last_seen?: string}} raw @returns {Presence} */
const presenceOf = ({ status, last_seen: lastSeen = null }) => ({ status, lastSeen: status === 'online' ? null : /** @type {string|null} */ (lastSeen) });

/** @param {State} state @param {string} address @param {Presence|null} next  null: it is not known any more @returns {State} */
function withPresence(state, address, next) {
    const known = state.presence.get(address);
    if (next === null ? !known : sameOr(known, next) === known) return state;
    const presence = new Map(state.presence);
    if (next) presence.set(address, next);
    else presence.delete(address);
    return { ...state, presence };
}

/** @param {State} state @param {{status?: any, show_last_seen?: boolean}} raw  of `ready.user`, `own-status-changed` or `PATCH /me` @returns {State} */
function withOwn(state, raw) {
    const status = raw.status ?? state.own?.status;
    if (!status) return state;
    const own = { status, showLastSeen: raw.show_last_seen ?? state.own?.showLastSeen ?? null };
    return sameOr(state.own, own) === state.own ? state : { ...state, own };
}

/** @type {Record<string, (state: State, frame: any) => State>} */
export const presenceFrames = {
    ready: (state, frame) => {
        // An older homeserver says nothing of it.
        const told = frame.friends.filter((/** @type {any} */ { status }) => status !== undefined);
        const presence = new Map(told.map((/** @type {any} */ raw) => [raw.user_id, sameOr(state.presence.get(raw.user_id), presenceOf(raw))]));
        return withOwn({ ...state, presence, own: frame.user.status === undefined ? null : state.own }, frame.user);
    },
    // Without a number it may come before the frame that makes him a friend: only friends are shown.
    'friend-status-changed': (state, frame) => withPresence(state, frame.user_id, presenceOf(frame)),
    'own-status-changed': withOwn,
    // Runs after the friends have changed.
    'friendship-changed': (state, { user_id: address }) => (state.friends.has(address) ? state : withPresence(state, address, null)),
};

/** @type {Record<string, (state: State, action: any) => State>} */
export const presenceActions = {
    /** The answer of `PATCH /me`. */
    'own-known': (state, { me }) => withOwn(state, me),
};
