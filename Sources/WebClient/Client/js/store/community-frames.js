/** @file What the homeserver says of communities and their channels ("servers" on the wire), checked as in frames.js: frames and answers. */

import { isAddress, isAscending, isCount, isFlag, isId, isObject, isOneOf, isOrdinal, isText, isTime, isUsername, listOf, maybe, object } from './checks.js';

/** @typedef {import('./checks.js').Check} Check */

const stream = { s: maybe(isOrdinal) };
/** @type {Check} */ const isNumberOrNone = (value) => value === null || isOrdinal(value);
/** @type {Check} */ const isColor = (value) => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value);
/** @type {Check} */ const isMention = (value) => value === 'everyone' || isId(value) || isAddress(value);
const isPermissions = listOf(isText);

const summary = { server_id: isId, name: isText, owner_user_id: isAddress, version: isCount, stale: maybe(isFlag), incarnation: maybe(isText) };
const role = { role_id: isId, name: isText, permissions: isPermissions, position: isCount, everyone: isFlag, color: maybe(isColor) };
const override = { target: isMention, allow: isPermissions, deny: isPermissions };
const channel = {
    channel_id: isId,
    server_id: isId,
    kind: isOneOf('text', 'voice'),
    name: isText,
    topic: maybe(isText),
    position: isCount,
    slow_mode_seconds: isCount,
    private: isFlag,
    overrides: listOf(object(override)),
    permissions: maybe(isPermissions),
    last_seq: maybe(isCount),
};
const member = {
    user_id: isAddress,
    username: isUsername,
    role_ids: listOf(isId),
    joined_at: isTime,
    timed_out_until: maybe(isTime),
    status: maybe(isOneOf('online', 'offline')),
    last_seen: maybe(isTime),
};
/** One's own. */
export const invitation = {
    invite_id: isId,
    server_id: isId,
    server_name: isText,
    from_user_id: isAddress,
    from_username: isUsername,
    expires_at: isTime,
};
const unread = { server_id: isId, read_seq: isCount, unread: isCount, mentions: isCount, last_seq: isCount };
const message = {
    server_id: isId,
    channel_id: isId,
    message_id: isId,
    seq: isOrdinal,
    n: isOrdinal,
    from_user_id: isAddress,
    from_username: isUsername,
    message: isText,
    timestamp: isTime,
    reply_to: maybe(isId),
    mentions: maybe(listOf(isMention)),
    nonce: maybe(isText),
    deleted: maybe(isFlag),
};
const deletion = { server_id: isId, channel_id: isId, message_id: isId, seq: isOrdinal, by_user_id: isAddress, timestamp: isTime };

/** What `ready` says beside the private conversations; an older homeserver says nothing of it. @type {Record<string, Check>} */
export const readyOfCommunities = {
    servers: maybe(listOf(object(summary))),
    channels: maybe(listOf(object({ id: isId, ...unread }))),
    server_invites: maybe(listOf(object(invitation))),
};

/** The receipt of a message in a channel: it has no number yet while the community's home has not answered. */
export const isChannelAck = object({
    nonce: isText,
    message_id: isId,
    channel_id: isId,
    seq: isNumberOrNone,
    n: isNumberOrNone,
    timestamp: isTime,
    state: isOneOf('sent', 'queued'),
    duplicate: maybe(isFlag),
    ...stream,
});

export const isChannelUnread = object({ channel_id: isId, ...unread, ...stream });

/** What a frame of a type has to be. @type {Record<string, Check>} */
export const communityFrameChecks = {
    'new-channel-message': object({ ...message, ...stream }),
    'message-deleted': object({ ...deletion, ...stream }),
    'new-server-invite': object({ ...invitation, ...stream }),
    'server-invite-changed': object({
        invite_id: isId,
        server_id: isId,
        state: isOneOf('accepted', 'declined', 'withdrawn', 'expired', 'failed'),
        code: maybe(isText),
        ...stream,
    }),
    'community-changed': object({
        server_id: isId,
        version: isCount,
        state: isOneOf('member', 'gone'),
        reason: maybe(isText),
        name: isText,
        description: maybe(isText),
        owner_user_id: isAddress,
        role: maybe(object(role)),
        removed_role_id: maybe(isId),
        stale: maybe(isFlag),
        ...stream,
    }),
    'channel-changed': (value) => {
        const isGone = /** @type {any} */ (value).state === 'gone';
        const fields = { server_id: isId, version: isCount, channel_id: isId, state: isOneOf('present', 'gone'), channel: isGone ? () => true : object(channel), ...stream };
        return object(fields)(value);
    },
    'member-changed': object({
        server_id: isId,
        version: isCount,
        state: isOneOf('member', 'gone'),
        reason: maybe(isText),
        user_id: isAddress,
        username: isUsername,
        role_ids: maybe(listOf(isId)),
        joined_at: maybe(isTime),
        timed_out_until: maybe(isTime),
        ...stream,
    }),
    'report-changed': object({ server_id: isId, report_id: isId, state: isOneOf('open', 'closed'), ...stream }),
};

/** A page of `GET /channels/{id}/messages` of a community's channel. @param {any} page @returns {boolean} */
export const isChannelPage = (page) => object({ messages: listOf(object(message)), last_seq: isCount, stale: maybe(isFlag) })(page) && isAscending(page.messages);

/** One of a type that is not known here only has its number. @type {Check} */
const isChannelEvent = (event) => {
    if (!isObject(event)) return false;
    const { type, seq } = /** @type {any} */ (event);
    if (type === 'new-channel-message') return object(message)(event);
    return type === 'message-deleted' ? object(deletion)(event) : isOrdinal(seq);
};

/** A page of `GET /channels/{id}/events` of such a channel. @param {any} page @returns {boolean} */
export const isChannelEventsPage = (page) => object({ events: listOf(isChannelEvent), last_seq: isCount })(page) && isAscending(page.events);

/** An answer says of a channel for text also where one stands in it. @type {Check} */
const isSeenChannel = (value) => object(/** @type {any} */ (value)?.kind === 'text' ? { ...channel, ...unread } : channel)(value);

/** `GET /servers/{id}`. */
export const isCommunity = object({
    ...summary,
    description: maybe(isText),
    host: isText,
    created_at: isTime,
    member_count: isCount,
    permissions: isPermissions,
    position: isCount,
    role_ids: listOf(isId),
    timed_out_until: maybe(isTime),
    channels: listOf(isSeenChannel),
    roles: listOf(object(role)),
});

export const isChannel = object(channel);
export const isRole = object(role);
export const isMember = object(member);

/** A page of `GET /servers/{id}/members`. */
export const isMemberPage = object({ members: listOf(isMember), next: maybe(isText) });

/** What became of joining: `joining` while the community's home has not answered. */
export const isJoining = object({ server_id: isId, state: isOneOf('joined', 'joining') });
