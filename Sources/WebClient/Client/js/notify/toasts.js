/** @file Which frames are told in the page: friend requests and their end, and messages of conversations that nobody looks at. */

import { summary } from '../text/markdown.js';

/** @typedef {import('../store/types.js').State} State */
/** @typedef {Pick<import('../store/types.js').Toast, 'kind'|'text'|'actions'|'about'>} News */

/**
 * @typedef {object} Means
 * @property {(key: string, values?: Record<string, string|number>) => string} t
 * @property {(address: string) => boolean} isShown  whether its conversation is before the person's eyes
 * @property {(requestId: string, address: string) => void} accept
 */

/** Characters of a message that are told of it. */
const previewLength = 120;

/**
 * @param {any} frame  a good one
 * @param {State} before  the state that it found
 * @param {Means} means
 * @returns {News|null}
 */
export function newsOf(frame, before, means) {
    return tellings[frame.type]?.(frame, before, means) ?? null;
}

/** @type {Record<string, (frame: any, before: State, means: Means) => News|null>} */
const tellings = {
    'new-private-message': (frame, before, { t, isShown }) => {
        const address = frame.from_user_id;
        const isNew = frame.seq > (before.conversations.get(address)?.lastSeq ?? 0);
        if (!isNew || isShown(address)) return null;
        const text = t('toast.message', { name: frame.from_username, text: beginningOf(frame.message) });
        return { kind: 'info', text, actions: [{ label: t('toast.open'), route: { view: 'conversation', address } }], about: { unreadOf: address } };
    },
    'new-friend-request': (frame, before, { t, accept }) => {
        if (before.requests.has(frame.request_id)) return null;
        const { from_user_id: address, request_id: requestId } = frame;
        const actions = [
            { label: t('toast.look'), route: { view: /** @type {'friends'} */ ('friends'), address: null } },
            { label: t('friends.accept'), run: () => accept(requestId, address) },
        ];
        return { kind: 'info', text: t('toast.request', { address }), actions, about: { requestId } };
    },
    'friend-request-accepted': (frame, before, { t }) => {
        if (before.friends.has(frame.by_user_id)) return null;
        const address = frame.by_user_id;
        return {
            kind: 'success',
            text: t('toast.accepted', { address }),
            actions: [{ label: t('toast.write'), route: { view: 'conversation', address } }],
            about: null,
        };
    },
    'friendship-changed': (frame, before, { t }) => {
        if (frame.state !== 'failed') return null;
        const key = `toast.request-failed.${frame.code}`;
        const isKnown = t(key) !== key;
        return { kind: 'error', text: t(isKnown ? key : 'toast.request-failed', { address: frame.user_id }), actions: [], about: null };
    },
};

/** One line of a message, without its form. @param {string} text */
export const beginningOf = (text) => summary(text, previewLength);
