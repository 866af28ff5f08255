/** @file Who is signed in, and where. */

import { isAddress } from './checks.js';

/** @typedef {import('./types.js').State} State */

/** Preferences of somebody who has chosen nothing. @type {import('./types.js').Preferences} */
export const defaultPreferences = { theme: 'system', contrast: 'system', language: 'system', sounds: true, desktop: false };

/** @param {Partial<import('./types.js').Preferences>} [preferences] @returns {State} */
export function initialState(preferences = {}) {
    return {
        phase: 'starting',
        account: null,
        server: null,
        link: { status: 'idle', lostAt: null, retryAt: null, reason: null },
        conversations: new Map(),
        communities: new Map(),
        invitations: new Map(),
        friends: new Map(),
        requests: new Map(),
        presence: new Map(),
        own: null,
        blocks: null,
        route: { view: 'home', address: null },
        toasts: [],
        conditions: [],
        preferences: { ...defaultPreferences, ...preferences },
        earlyDeliveries: new Map(),
        malformed: 0,
    };
}

/** Who `GET /me` and a sign-in name. @param {{user_id: string}} me @returns {import('./types.js').Account} */
export function accountOf({ user_id: address }) {
    if (!isAddress(address)) throw new TypeError('the homeserver named nobody');
    const at = address.indexOf('@');
    return { address, username: address.slice(0, at), server: address.slice(at + 1) };
}

/** The state without anything that belongs to an account. @param {State} state @returns {State} */
function nobody(state) {
    const { server, link, route, toasts, conditions, preferences, malformed } = state;
    const lasting = conditions.filter((condition) => condition.id === 'outdated');
    // What stays until it is dismissed has words of whom it was for.
    const passing = toasts.filter(({ expiresAt }) => expiresAt !== Infinity);
    return { ...initialState(preferences), server, link, route, toasts: passing, conditions: lasting, malformed };
}

/** @type {Record<string, (state: State, action: any) => State>} */
export const sessionActions = {
    /** What `GET /server` and `GET /limits` say. A way to register that is not known here is none. */
    'server-known': (state, { server }) => ({
        ...state,
        server: { ...server, registration: ['token', 'open'].includes(server.registration) ? server.registration : 'closed' },
    }),
    'signed-in': (state, { account }) =>
        state.account?.address === account.address && state.phase === 'signed-in' ? state : { ...nobody(state), phase: 'signed-in', account },
    'signed-out': (state) => ({ ...nobody(state), phase: 'signed-out' }),
};

/** @type {Record<string, (state: State, frame: any) => State>} */
export const sessionFrames = {
    hello: (state, frame) => ({
        ...state,
        server: { registration: 'closed', ...state.server, name: frame.server, limits: frame.limits },
    }),
};
