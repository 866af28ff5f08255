/**
 * @file What the homeserver sends, checked before it changes anything: each frame and page has the fields that docs/asyncapi.yaml and
 * docs/openapi.yaml promise, with their types. Fields that are not named here are ignored, as the protocol wants it.
 */

import { isAddress, isAscending, isCount, isFlag, isId, isNumbers, isObject, isOneOf, isOrdinal, isServer, isText, isTime, isUsername, listOf, maybe, object } from './checks.js';
import { communityFrameChecks, isChannelAck, isChannelUnread, readyOfCommunities } from './community-frames.js';

/** @typedef {import('./checks.js').Check} Check */

const stream = { s: isOrdinal };
const delivery = { server: isServer, state: isOneOf('queued', 'delayed', 'delivered', 'failed'), reason: maybe(isText) };
const message = {
    message_id: isId,
    conversation_id: isId,
    seq: isOrdinal,
    n: isOrdinal,
    from_user_id: isAddress,
    from_username: isUsername,
    receiver_id: isAddress,
    message: isText,
    timestamp: isTime,
    reply_to: maybe(isId),
    nonce: maybe(isText),
    delivery: maybe(object(delivery)),
};
const preview = {
    message_id: isId,
    seq: isOrdinal,
    from_user_id: isAddress,
    message: isText,
    truncated: maybe(isFlag),
    timestamp: isTime,
};
const direct = {
    conversation_id: isId,
    user_id: isAddress,
    username: isUsername,
    state: isOneOf('friends', 'none'),
    last_seq: isCount,
    read_seq: isCount,
    unread: isCount,
    last_message: maybe(object(preview)),
};
const person = { user_id: isAddress, username: isUsername };
const presence = { status: isOneOf('online', 'offline'), last_seen: maybe(isTime) };
const friend = { ...person, since: isTime, status: maybe(presence.status), last_seen: presence.last_seen };
const ownStatus = isOneOf('online', 'offline', 'invisible');
const me = { ...person, status: maybe(ownStatus), show_last_seen: maybe(isFlag) };
const friendRequest = {
    request_id: isId,
    user_id: isAddress,
    username: isUsername,
    direction: isOneOf('incoming', 'outgoing'),
    state: isOneOf('pending', 'queued'),
    timestamp: isTime,
};

const friendshipChanged = {
    ...person,
    state: isOneOf('none', 'outgoing', 'incoming', 'friends', 'failed', 'blocked'),
    reason: maybe(isText),
    code: maybe(isText),
    ...stream,
};

const isDirectAck = object({
    nonce: isText,
    message_id: isId,
    conversation_id: isId,
    seq: isOrdinal,
    n: isOrdinal,
    timestamp: isTime,
    state: isOneOf('sent', 'queued'),
    duplicate: isFlag,
    ...stream,
});
const isDirectUnread = object({
    conversation_id: isId,
    user_id: isAddress,
    username: isUsername,
    read_seq: isCount,
    unread: isCount,
    last_seq: isCount,
    ...stream,
});

/** Of the frames that private conversations and channels share. @type {Check} */
const isOfChannel = (value) => /** @type {any} */ (value).channel_id !== undefined;

/** What a frame of a type has to be. @type {Record<string, Check>} */
const frames = {
    hello: object({ protocol: isOrdinal, heartbeat_ms: isOrdinal, limits: isNumbers, server: isServer }),
    ready: object({
        session_id: isId,
        epoch: isText,
        incarnation: maybe(isText),
        user: object(me),
        direct: listOf(object(direct)),
        friends: listOf(object(friend)),
        friend_requests: listOf(object(friendRequest)),
        blocks: maybe(listOf(object(person))),
        ...readyOfCommunities,
    }),
    resumed: object({ replayed: isCount }),
    resync: object({ reason: isText }),
    pong: object({ s: isCount }),
    ack: (value) => (isOfChannel(value) ? isChannelAck : isDirectAck)(value),
    error: object({
        code: isText,
        message: isText,
        field: maybe(isText),
        retry_after_ms: maybe(isCount),
        nonce: maybe(isText),
        ref_type: maybe(isText),
    }),
    delivery: object({ message_id: isId, ...delivery, ...stream }),
    'new-private-message': object({ ...message, ...stream }),
    'private-message-sent': object({ ...message, ...stream }),
    'unread-changed': (value) => (isOfChannel(value) ? isChannelUnread : isDirectUnread)(value),
    'new-friend-request': object({
        from_user_id: isAddress,
        from_username: isUsername,
        request_id: isId,
        timestamp: isTime,
        ...stream,
    }),
    'friend-request-accepted': object({ by_user_id: isAddress, by_username: isUsername, request_id: isId, ...stream }),
    'friendship-changed': (value) => {
        // A block is between two people, whatever was asked before.
        const { state } = /** @type {any} */ (value);
        const fields = { ...friendshipChanged, request_id: state === 'blocked' || state === 'none' ? maybe(isId) : isId };
        return object(fields)(value);
    },
    'friend-status-changed': object({ ...person, ...presence }),
    'own-status-changed': object({ status: ownStatus, show_last_seen: isFlag, ...stream }),
    ...communityFrameChecks,
};

/** Every type of frame that this client knows. */
export const frameTypes = Object.keys(frames);

/**
 * What a frame is: `good`, `unknown` (a type of a newer homeserver: ignored, as the protocol says) or `malformed`.
 * @param {any} frame
 * @returns {'good'|'unknown'|'malformed'}
 */
export function judgeFrame(frame) {
    if (!isObject(frame) || typeof frame.type !== 'string') return 'malformed';
    if (!Object.hasOwn(frames, frame.type)) return 'unknown';
    return frames[frame.type](frame) ? 'good' : 'malformed';
}

/** @type {Check} */
const isEvent = (event) =>
    isObject(event) &&
    (['new-private-message', 'private-message-sent'].includes(/** @type {any} */ (event).type)
        ? object(message)(event)
        : isOrdinal(/** @type {any} */ (event).seq));

/** `GET /direct/{address}/messages`. @param {any} page @returns {boolean} */
export const isHistoryPage = (page) => object({ messages: listOf(object(message)), last_seq: isCount })(page) && isAscending(page.messages);

/** `GET /channels/{id}/events`. An event of a type that is not known here only has its number. @param {any} page @returns {boolean} */
export const isEventsPage = (page) => object({ events: listOf(isEvent), last_seq: isCount })(page) && isAscending(page.events);

/** `GET /server`. */
export const isServerAnswer = object({ name: isServer, registration: isText });

/** `GET /limits`. */
export const isLimits = isNumbers;

/** The answer of `PATCH /me`. */
export const isMe = object({ user_id: isAddress, status: me.status, show_last_seen: me.show_last_seen });

/** The entries of `GET /friend-requests`. @type {Check} */
export const isRequestList = listOf(object(friendRequest));

/** The entries of `GET /sessions`. @type {Check} */
export const isSessionList = listOf(object({ id: isId, label: maybe(isText), created_at: isTime, last_used_at: isTime, expires_at: isTime, current: isFlag }));
