/**
 * @file What the homeserver sends, checked before it changes anything: each frame and page has the fields that docs/asyncapi.yaml and
 * docs/openapi.yaml promise, with their types. Fields that are not named here are ignored, as the protocol wants it.
 */

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const username = /^[a-z0-9._-]{1,32}$/;
const server = /^[a-z0-9.-]{1,253}$/;
const address = /^[a-z0-9._-]{1,32}@[a-z0-9.-]{1,253}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** @typedef {(value: unknown) => boolean} Check */

/** @type {Check} */ const isText = (value) => typeof value === 'string';
/** @type {Check} */ const isFlag = (value) => typeof value === 'boolean';
/** @type {Check} */ const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
/** @type {Check} */ const isOrdinal = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 1;
/** @type {Check} */ const isId = (value) => typeof value === 'string' && uuid.test(value);
/** @type {Check} */ const isUsername = (value) => typeof value === 'string' && username.test(value);
/** @type {Check} */ const isServer = (value) => typeof value === 'string' && server.test(value);
/** @type {Check} */ export const isAddress = (value) => typeof value === 'string' && address.test(value);
/** @type {Check} */ const isTime = (value) => typeof value === 'string' && time.test(value) && !Number.isNaN(Date.parse(value));
/** @type {(...values: string[]) => Check} */ const isOneOf = (...values) => (value) => values.includes(/** @type {string} */ (value));
/** @type {(check: Check) => Check} */ const maybe = (check) => (value) => value === undefined || check(value);
/** @type {(check: Check) => Check} */ const listOf = (check) => (value) => Array.isArray(value) && value.every(check);
/** @type {Check} */ const isNumbers = (value) => isObject(value) && Object.values(/** @type {object} */ (value)).every(isCount);

/** @param {unknown} value */
function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {Record<string, Check>} fields @returns {Check} */
function object(fields) {
    const checks = Object.entries(fields);
    return (value) => isObject(value) && checks.every(([name, check]) => check(/** @type {any} */ (value)[name]));
}

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
    }),
    resumed: object({ replayed: isCount }),
    resync: object({ reason: isText }),
    pong: object({ s: isCount }),
    ack: object({
        nonce: isText,
        message_id: isId,
        conversation_id: isId,
        seq: isOrdinal,
        n: isOrdinal,
        timestamp: isTime,
        state: isOneOf('sent', 'queued'),
        duplicate: isFlag,
        ...stream,
    }),
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
    'unread-changed': object({
        conversation_id: isId,
        user_id: isAddress,
        username: isUsername,
        read_seq: isCount,
        unread: isCount,
        last_seq: isCount,
        ...stream,
    }),
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

/** @param {Array<{seq: number}>} list */
function isAscending(list) {
    return list.every((entry, index) => index === 0 || entry.seq > list[index - 1].seq);
}

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
