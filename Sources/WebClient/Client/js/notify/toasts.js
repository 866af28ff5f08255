/** @file Which frames are told in the page: friend requests and their end, and messages of conversations that nobody looks at. */

import { summary } from '../text/markdown.js';

/** @typedef {import('../store/types.js').State} State */
/** @typedef {{kind: 'info'|'success'|'warning'|'error', text: string, action: {label: string, route: import('../store/types.js').Route}|null}} News */

/** Characters of a message that are told of it. */
const previewLength = 120;

/**
 * @param {any} frame  a good one
 * @param {State} before  the state that it found
 * @param {State} after
 * @param {(key: string, values?: Record<string, string|number>) => string} t
 * @param {(address: string) => boolean} isShown  whether its conversation is before the person's eyes
 * @returns {News|null}
 */
export function newsOf(frame, before, after, t, isShown) {
    return tellings[frame.type]?.(frame, before, after, t, isShown) ?? null;
}

/** @type {Record<string, (frame: any, before: State, after: State, t: (key: string, values?: any) => string, isShown: (address: string) => boolean) => News|null>} */
const tellings = {
    'new-private-message': (frame, before, after, t, isShown) => {
        const address = frame.from_user_id;
        const isNew = frame.seq > (before.conversations.get(address)?.lastSeq ?? 0);
        if (!isNew || isShown(address)) return null;
        const text = t('toast.message', { name: frame.from_username, text: beginningOf(frame.message) });
        return { kind: 'info', text, action: { label: t('toast.open'), route: { view: 'conversation', address } } };
    },
    'new-friend-request': (frame, before, after, t) => {
        if (before.requests.has(frame.request_id)) return null;
        const text = t('toast.request', { address: frame.from_user_id });
        return { kind: 'info', text, action: { label: t('toast.look'), route: { view: 'friends', address: null } } };
    },
    'friend-request-accepted': (frame, before, after, t) => {
        if (before.friends.has(frame.by_user_id)) return null;
        const address = frame.by_user_id;
        return {
            kind: 'success',
            text: t('toast.accepted', { address }),
            action: { label: t('toast.write'), route: { view: 'conversation', address } },
        };
    },
    'friendship-changed': (frame, before, after, t) => {
        if (frame.state !== 'failed') return null;
        const key = `toast.request-failed.${frame.code}`;
        const isKnown = t(key) !== key;
        return { kind: 'error', text: t(isKnown ? key : 'toast.request-failed', { address: frame.user_id }), action: null };
    },
};

/** One line of a message, without its form. @param {string} text */
export const beginningOf = (text) => summary(text, previewLength);
