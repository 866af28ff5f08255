/** @file Which frames are told in the page: requests, invitations and their end, messages of conversations that nobody looks at; of those in channels, what mentions one. */

import { mentionsMe } from '../store/mentions.js';
import { summary } from '../text/markdown.js';

/** @typedef {import('../store/types.js').State} State */
/** @typedef {Pick<import('../store/types.js').Toast, 'kind'|'text'|'actions'|'about'> & {title?: string}} News  `title`: of a notification outside of the page */

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
    'new-channel-message': (frame, before, { t, isShown }) => {
        const { channel_id: address, server_id: community, from_user_id: author } = frame;
        const known = before.conversations.get(address);
        const isMeant = author !== before.account?.address && mentionsMe(before, community, frame.mentions ?? []);
        // An answer may have counted it already: the preview is of the last one that the stream told.
        const isKnown = frame.seq <= Math.max(known?.readSeq ?? 0, known?.preview?.seq ?? 0);
        if (!isMeant || isKnown || isShown(address)) return null;
        const title = t('toast.mention', { name: frame.from_username, channel: known?.username ?? '' });
        const actions = [{ label: t('toast.open'), route: { view: /** @type {'channel'} */ ('channel'), address, community } }];
        return { kind: 'info', title, text: t('toast.message', { name: title, text: beginningOf(frame.message) }), actions, about: { unreadOf: address } };
    },
    'new-server-invite': (frame, before, { t }) => {
        if (before.invitations.has(frame.invite_id)) return null;
        const actions = [{ label: t('toast.look'), route: { view: /** @type {'join'} */ ('join'), address: null, part: '' } }];
        return { kind: 'info', text: t('toast.invitation', { name: frame.from_username, community: frame.server_name }), actions, about: { invitationId: frame.invite_id } };
    },
    'server-invite-changed': (frame, before, { t }) => {
        const community = before.invitations.get(frame.invite_id)?.communityName;
        return frame.state === 'failed' && community ? { kind: 'error', text: t('toast.invitation-failed', { community }), actions: [], about: null } : null;
    },
    'community-changed': (frame, before, { t }) => {
        const key = `toast.community-${frame.reason}`;
        const isTold = frame.state === 'gone' && ['kicked', 'banned', 'deleted'].includes(frame.reason) && before.communities.has(frame.server_id);
        return isTold ? { kind: 'warning', text: t(key, { community: frame.name }), actions: [], about: null } : null;
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
