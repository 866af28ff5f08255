/** @file What views ask of the state. Each gives the same object as long as what it is made of has not changed, so that it can be watched. */

import { isChannel } from './conversations.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Conversation} Conversation */
/** @typedef {import('./types.js').FriendRequest} FriendRequest */

/**
 * Remembers the last answer for the last argument.
 * @template A, B
 * @param {(part: A) => B} compute
 * @returns {(part: A) => B}
 */
function remembered(compute) {
    /** @type {A} */ let part;
    /** @type {B} */ let answer;
    let isKnown = false;
    return (next) => {
        if (!isKnown || !Object.is(next, part)) [part, answer, isKnown] = [next, compute(next), true];
        return answer;
    };
}

/** When something happened last in a conversation (ms); 0 when nothing ever did. @param {Conversation} conversation */
export function lastActivity({ preview, outgoing }) {
    const written = outgoing.at(-1)?.createdAt ?? 0;
    return Math.max(written, preview ? Date.parse(preview.timestamp) : 0);
}

/** Whether it is one of two people, and there is anything to see in it. @param {Conversation} conversation */
const hasBegun = ({ address, lastSeq, outgoing, draft, preview }) => !isChannel(address) && (lastSeq > 0 || outgoing.length > 0 || draft !== '' || preview !== null);

const sorted = remembered((/** @type {State['conversations']} */ conversations) =>
    [...conversations.values()]
        .filter(hasBegun)
        .map((conversation) => ({ conversation, at: lastActivity(conversation) }))
        .sort((a, b) => b.at - a.at || (a.conversation.address < b.conversation.address ? -1 : 1))
        .map(({ conversation }) => conversation));

/** Conversations in which there is something, the one with the latest first. @param {State} state @returns {Conversation[]} */
export const conversationList = (state) => sorted(state.conversations);

const summed = remembered((/** @type {State['conversations']} */ conversations) => {
    let sum = 0;
    for (const { address, unread, mentions } of conversations.values()) sum += isChannel(address) ? mentions : unread;
    return sum;
});

/** What waits to be read: messages of people, and what mentions one in channels. @param {State} state */
export const totalUnread = (state) => summed(state.conversations);

/** @param {'incoming'|'outgoing'} direction */
const requestsBy = (direction) =>
    remembered((/** @type {State['requests']} */ requests) =>
        [...requests.values()]
            .filter((request) => request.direction === direction)
            .sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1)));
const incoming = requestsBy('incoming');
const outgoing = requestsBy('outgoing');

/** What others ask, the latest first. @param {State} state @returns {FriendRequest[]} */
export const incomingRequests = (state) => incoming(state.requests);

/** What one asks of others, the latest first. @param {State} state @returns {FriendRequest[]} */
export const outgoingRequests = (state) => outgoing(state.requests);

/** @template {import('./types.js').Person} P @returns {(people: ReadonlyMap<string, P>) => P[]} */
const sortedByName = () =>
    remembered((/** @type {ReadonlyMap<string, P>} */ people) =>
        [...people.values()].sort((a, b) => a.username.localeCompare(b.username) || (a.address < b.address ? -1 : 1)));
const byName = /** @type {(people: State['friends']) => import('./types.js').Friend[]} */ (sortedByName());
const blocksByName = /** @type {(people: ReadonlyMap<string, import('./types.js').Person>) => import('./types.js').Person[]} */ (sortedByName());
/** @type {import('./types.js').Person[]} */
const none = [];

/** @param {State} state @returns {import('./types.js').Friend[]} */
export const friendList = (state) => byName(state.friends);

/** @param {State} state @returns {import('./types.js').Person[]} */
export const blockList = (state) => (state.blocks ? blocksByName(state.blocks) : none);

/**
 * Whether a friend is online. null: nobody can say, because he is none, or the link is down.
 * @param {State} state @param {string} address @returns {import('./types.js').Presence|null}
 */
export const presenceOf = ({ link, friends, presence }, address) => (link.status === 'live' && friends.has(address) ? presence.get(address) ?? null : null);

/**
 * What a person's dot says; one's own included. null: nobody can say.
 * @param {State} state @param {string} address @returns {'online'|'offline'|'invisible'|null}
 */
export function statusOf(state, address) {
    if (address !== state.account?.address) return presenceOf(state, address)?.status ?? null;
    return state.link.status === 'live' ? state.own?.status ?? null : null;
}

/** Friends that are online; 0 while nobody can say. @param {State} state */
export const onlineCount = (state) => [...state.friends.keys()].filter((address) => presenceOf(state, address)?.status === 'online').length;

/** Everything up to the newest message is loaded. @param {Conversation} conversation */
export const isCaughtUp = ({ stale, complete, loadedSeq }) => !stale && (loadedSeq > 0 || complete);

const waiting = remembered((/** @type {State['conversations']} */ conversations) =>
    [...conversations.values()].reduce((sum, { outgoing }) => sum + outgoing.filter(({ state }) => state === 'pending' || state === 'failed').length, 0));

/** Messages that were written here and have not been sent. @param {State} state */
export const unsentCount = (state) => waiting(state.conversations);

const communitiesByName = remembered((/** @type {State['communities']} */ communities) =>
    [...communities.values()].sort((a, b) => a.name.localeCompare(b.name) || (a.communityId < b.communityId ? -1 : 1)));

/** @param {State} state */
export const communityList = (state) => communitiesByName(state.communities);

const invitationsByTime = remembered((/** @type {State['invitations']} */ invitations) =>
    [...invitations.values()].sort((a, b) => (a.expiresAt < b.expiresAt ? 1 : -1)));

/** Those that one has not answered. @param {State} state */
export const openInvitations = (state) => invitationList(state).filter(({ isAccepted }) => !isAccepted).length;

/** Invitations into communities, the latest first, with those whose community has not answered yet. @param {State} state */
export const invitationList = (state) => invitationsByTime(state.invitations);

const counted = remembered((/** @type {State['conversations']} */ conversations) => {
    /** @type {Map<string, {unread: number, mentions: number}>} */
    const counts = new Map();
    for (const { communityId, unread, mentions } of conversations.values()) {
        if (communityId === null) continue;
        const before = counts.get(communityId) ?? { unread: 0, mentions: 0 };
        counts.set(communityId, { unread: before.unread + unread, mentions: before.mentions + mentions });
    }
    return counts;
});

/** Communities in whose channels what is unread has to be counted anew. */
const miscounted = remembered((/** @type {State['conversations']} */ conversations) =>
    new Set([...conversations.values()].filter(({ isMiscounted }) => isMiscounted).map(({ communityId }) => communityId)));

/** Whether only the homeserver can say what is true of it now. @param {State} state @param {import('./types.js').Community|null|undefined} community */
export const isDoubtful = (state, community) => !!community && (community.isOutdated || miscounted(state.conversations).has(community.communityId));

/** What is unread in the channels of each community. @param {State} state */
export const communityCounts = (state) => counted(state.conversations);

/** How the place is called in which one is, when that is known: `#general`, or a community's name. @param {State} state @returns {string|null} */
export function placeName(state) {
    const channel = shownChannel(state);
    return channel ? `#${channel.name}` : shownCommunity(state)?.name ?? null;
}

/** The community in which one is, if one is in it. @param {State} state @returns {import('./types.js').Community|null} */
export const shownCommunity = ({ route, communities }) => communities.get(route.community ?? '') ?? null;

/** The channel that the route names. @param {State} state @returns {import('./types.js').Channel|null} */
export const shownChannel = (state) => shownCommunity(state)?.details?.channels.find(({ channelId }) => channelId === state.route.address) ?? null;
