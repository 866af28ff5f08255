/** @file What the page shows besides messages: the route, toasts, conditions, preferences. */

import { defaultPreferences } from './session.js';

/** @typedef {import('./types.js').State} State */

const mostToasts = 5;

/** What a preference may be. */
const choices = {
    theme: ['system', 'light', 'dark'],
    contrast: ['system', 'more'],
    language: ['system', 'en', 'de'],
    sounds: [true, false],
    desktop: [true, false],
};

/** Only what a preference may be: what was kept by another version, or changed by hand, is left out. @param {any} kept */
export function validPreferences(kept) {
    const entries = Object.entries(choices).filter(([key, values]) => values.includes(kept?.[key]));
    return Object.fromEntries(entries.map(([key]) => [key, kept[key]]));
}

/** Without toasts of what is settled: a request that is answered, a message that is read. @param {State} state @returns {State} */
export function withoutSettledToasts(state) {
    const toasts = state.toasts.filter(({ about }) => !about || isOpen(state, about));
    return toasts.length === state.toasts.length ? state : { ...state, toasts };
}

/** @param {State} state @param {NonNullable<import('./types.js').Toast['about']>} about */
function isOpen({ requests, invitations, conversations }, about) {
    if ('requestId' in about) return requests.has(about.requestId);
    return 'invitationId' in about ? invitations.get(about.invitationId)?.isAccepted === false : (conversations.get(about.unreadOf)?.unread ?? 0) > 0;
}

/** @param {import('./types.js').Route} a @param {import('./types.js').Route} b */
const isSameRoute = (a, b) => a.view === b.view && a.address === b.address && a.community === b.community && a.part === b.part;

/** @type {Record<string, (state: State, action: any) => State>} */
export const interfaceActions = {
    navigated: (state, { route }) => (isSameRoute(route, state.route) ? state : { ...state, route }),
    'toast-added': (state, { toast }) => ({ ...state, toasts: [...state.toasts, toast].slice(-mostToasts) }),
    'toast-dismissed': (state, { id }) => {
        const toasts = state.toasts.filter((toast) => toast.id !== id);
        return toasts.length === state.toasts.length ? state : { ...state, toasts };
    },
    'condition-began': (state, { id, detail = null }) => {
        const known = state.conditions.find((condition) => condition.id === id);
        if (known?.detail === detail) return state;
        return { ...state, conditions: [...state.conditions.filter((condition) => condition !== known), { id, detail }] };
    },
    'condition-ended': (state, { id }) => {
        const conditions = state.conditions.filter((condition) => condition.id !== id);
        return conditions.length === state.conditions.length ? state : { ...state, conditions };
    },
    preferences: (state, { preferences }) => {
        const next = { ...state.preferences, ...validPreferences(preferences) };
        const isSame = Object.keys(defaultPreferences).every((key) => /** @type {any} */ (next)[key] === /** @type {any} */ (state.preferences)[key]);
        return isSame ? state : { ...state, preferences: next };
    },
};
