/** @file Friends, friend requests and blocks. They change by frames only: the homeserver tells all of one's sockets, the one that asked included. */

import { sameOr, withConversation } from './conversations.js';
import { without } from './maps.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').FriendRequest} FriendRequest */

/**
 * @template {object} V
 * @param {ReadonlyMap<string, V>} before
 * @param {Array<[string, V]>} entries
 * @returns {ReadonlyMap<string, V>}
 */
function replaced(before, entries) {
    const after = new Map(entries.map(([key, value]) => [key, sameOr(before.get(key), value)]));
    const isSame = after.size === before.size && [...after].every(([key, value]) => before.get(key) === value);
    return isSame ? before : after;
}

/** Everything that was asked between the two is settled. @param {State} state @param {string} address */
function withoutRequestsOf(state, address) {
    let { requests } = state;
    for (const request of requests.values()) if (request.address === address) requests = without(requests, request.requestId);
    return requests === state.requests ? state : { ...state, requests };
}

/** @param {State} state @param {string} address @param {string} username @param {number} now */
function befriended(state, address, username, now) {
    const settled = withoutRequestsOf(state, address);
    const friend = settled.friends.get(address) ?? { address, username, since: new Date(now).toISOString() };
    const friends = settled.friends.has(address) ? settled.friends : new Map(settled.friends).set(address, friend);
    return withConversation({ ...settled, friends }, address, ({ complete, lastSeq }) => ({
        username,
        writable: true,
        complete: complete || lastSeq === 0,
    }));
}

/** @param {State} state @param {string} address */
function parted(state, address) {
    const settled = withoutRequestsOf(state, address);
    const rest = { ...settled, friends: without(settled.friends, address) };
    return rest.conversations.has(address) ? withConversation(rest, address, () => ({ writable: false })) : rest;
}

/** @param {State} state @param {import('./types.js').Person} person */
function blocked(state, person) {
    return state.blocks?.has(person.address) ? state : { ...state, blocks: new Map(state.blocks).set(person.address, person) };
}

/** @param {State} state @param {string} address */
function unblocked(state, address) {
    return state.blocks?.has(address) ? { ...state, blocks: without(state.blocks, address) } : state;
}

/** @param {State} state @param {FriendRequest} request */
function asked(state, request) {
    const known = state.requests.get(request.requestId);
    // What is known of it (when it was sent, whether it has arrived) came from the homeserver's own list.
    if (known) return state;
    const rest = withoutRequestsOf(state, request.address);
    return { ...rest, requests: new Map(rest.requests).set(request.requestId, request) };
}

/** A request to another homeserver begins as queued. @param {State} state @param {string} address */
function firstState(state, address) {
    return address.endsWith(`@${state.account?.server}`) ? 'pending' : 'queued';
}

/** @param {any} raw @returns {FriendRequest} */
function requestOf(raw) {
    return {
        requestId: raw.request_id,
        address: raw.user_id,
        username: raw.username,
        direction: raw.direction,
        state: raw.state,
        timestamp: raw.timestamp,
    };
}

/** @param {State} state @param {any[]} list */
const withRequests = (state, list) => ({
    ...state,
    requests: replaced(state.requests, list.map((raw) => [raw.request_id, requestOf(raw)])),
});

/** @type {Record<string, (state: State, frame: any, now: number) => State>} */
export const friendFrames = {
    ready: (state, frame) => {
        const friends = frame.friends.map((/** @type {any} */ raw) => [
            raw.user_id,
            { address: raw.user_id, username: raw.username, since: raw.since },
        ]);
        const blocks = frame.blocks?.map((/** @type {any} */ raw) => [raw.user_id, { address: raw.user_id, username: raw.username }]);
        return {
            ...withRequests(state, frame.friend_requests),
            friends: replaced(state.friends, friends),
            blocks: blocks ? replaced(state.blocks ?? new Map(), blocks) : null,
        };
    },
    'new-friend-request': (state, frame) =>
        asked(state, {
            requestId: frame.request_id,
            address: frame.from_user_id,
            username: frame.from_username,
            direction: 'incoming',
            state: 'pending',
            timestamp: frame.timestamp,
        }),
    'friend-request-accepted': (state, frame, now) => befriended(state, frame.by_user_id, frame.by_username, now),
    'friendship-changed': (state, frame, now) => {
        const { user_id: address, username, request_id: requestId } = frame;
        if (frame.state === 'friends') return befriended(state, address, username, now);
        // A failed request leaves what there was beside it.
        if (frame.state === 'failed') return { ...state, requests: without(state.requests, requestId) };
        if (frame.state === 'blocked') return blocked(parted(state, address), { address, username });
        if (frame.state === 'none') return frame.reason === 'unblocked' ? unblocked(state, address) : parted(state, address);
        const direction = frame.state;
        const requestState = direction === 'outgoing' ? firstState(state, address) : 'pending';
        const apart = state.friends.has(address) ? parted(state, address) : state;
        return asked(apart, { requestId, address, username, direction, state: requestState, timestamp: new Date(now).toISOString() });
    },
};

/** @type {Record<string, (state: State, action: any) => State>} */
export const friendActions = {
    /** The homeserver's own list (`GET /friend-requests`), which also says what has arrived at another homeserver. */
    'requests-listed': (state, { requests }) => withRequests(state, requests),
};
