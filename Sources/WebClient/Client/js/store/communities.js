/**
 * @file Communities and who and what is in them. `ready` names them; the rest (`details`) is asked for, and again whenever a frame says
 * that something has changed, because only the homeserver can say what one may do now. Frames carry what shows at once.
 */

import { sameOr, standing, withConversation, withHistory } from './conversations.js';
import { without } from './maps.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Community} Community */
/** @typedef {import('./types.js').CommunityDetails} CommunityDetails */
/** @typedef {import('./types.js').Channel} Channel */

/**
 * @param {State} state
 * @param {string} id
 * @param {(community: Community) => Partial<Community>} change
 * @returns {State}  as it is when one is not in it
 */
function withCommunity(state, id, change) {
    const known = state.communities.get(id);
    if (!known) return state;
    const next = sameOr(known, { ...known, ...change(known) });
    return next === known ? state : { ...state, communities: new Map(state.communities).set(id, next) };
}

/** @param {State} state @param {string} id @param {(details: CommunityDetails) => Partial<CommunityDetails>} change */
const withDetails = (state, id, change) =>
    withCommunity(state, id, ({ details }) => (details ? { details: sameOr(details, { ...details, ...change(details) }) } : {}));

/** @param {any} raw @returns {Channel} */
const channelOf = (raw) => ({
    channelId: raw.channel_id,
    kind: raw.kind,
    name: raw.name,
    topic: raw.topic || null,
    position: raw.position,
    slowModeSeconds: raw.slow_mode_seconds,
    isPrivate: raw.private,
    overrides: raw.overrides,
    permissions: raw.permissions ?? [],
});

/** @param {any} raw @returns {import('./types.js').Role} */
const roleOf = (raw) => ({
    roleId: raw.role_id,
    name: raw.name,
    permissions: raw.permissions,
    position: raw.position,
    isEveryone: raw.everyone,
    color: raw.color ?? null,
});

/** @param {any} raw @returns {import('./types.js').Member} */
const memberOf = (raw) => ({
    address: raw.user_id,
    username: raw.username,
    roleIds: raw.role_ids ?? [],
    joinedAt: raw.joined_at,
    timedOutUntil: raw.timed_out_until ?? null,
    status: raw.status ?? null,
});

/** @param {any} raw @returns {import('./types.js').Invitation} */
const invitationOf = (raw) => ({
    isAccepted: false,
    invitationId: raw.invite_id,
    communityId: raw.server_id,
    communityName: raw.server_name,
    fromAddress: raw.from_user_id,
    fromUsername: raw.from_username,
    expiresAt: raw.expires_at,
});

/**
 * With the objects of before where they say the same, and the list of before where all of them do: who shows them keeps their rows.
 * @template T @param {ReadonlyArray<T>|undefined} before @param {T[]} list @param {(one: T) => string} key @returns {ReadonlyArray<T>}
 */
function kept(before, list, key) {
    const known = new Map(before?.map((one) => [key(one), one]));
    const next = list.map((one) => {
        const old = known.get(key(one));
        return old && JSON.stringify(old) === JSON.stringify(one) ? old : one;
    });
    return before?.length === next.length && next.every((one, at) => one === before[at]) ? before : next;
}

/**
 * The list itself where it is in order already, else another one: it may be the one that is shown.
 * @template {{position: number}} T @param {ReadonlyArray<T>} list @param {1|-1} order @param {(one: T) => string} key  as the homeserver has it where two have one place
 */
function inOrder(list, order, key) {
    const compare = (/** @type {T} */ a, /** @type {T} */ b) => order * (a.position - b.position || (key(a) < key(b) ? -1 : 1));
    return list.every((one, at) => at === 0 || compare(list[at - 1], one) < 0) ? list : [...list].sort(compare);
}
const addressOf = (/** @type {import('./types.js').Member} */ { address }) => address;
const idOfChannel = (/** @type {Channel} */ { channelId }) => channelId;
const idOfRole = (/** @type {import('./types.js').Role} */ { roleId }) => roleId;

/** @param {any} raw  of `ready`, of a frame or of an answer @param {Community|undefined} known @returns {Community} */
const summaryOf = (raw, known) => ({
    communityId: raw.server_id,
    name: raw.name,
    owner: raw.owner_user_id,
    version: raw.version,
    isStale: raw.stale === true,
    isOutdated: true,
    doubts: known?.doubts ?? 0,
    failure: null,
    reportChanges: known?.reportChanges ?? 0,
    memberDoubts: known?.memberDoubts ?? 0,
    memberChanges: known?.memberChanges ?? 0,
    incarnation: raw.incarnation ?? known?.incarnation ?? null,
    details: known?.details ?? null,
    members: known?.members ?? null,
});

/**
 * A text channel has a conversation as soon as it is known.
 * @param {State} state @param {string} communityId @param {Channel} channel
 * @param {(conversation: import('./types.js').Conversation) => Partial<import('./types.js').Conversation>|null} counts  what is told of its numbers
 */
function withChannel(state, communityId, { channelId, kind, name, permissions }, counts) {
    if (kind !== 'text') return state;
    return withConversation(state, channelId, (conversation) => {
        const now = { ...conversation, ...counts(conversation) };
        return {
            ...now,
            communityId,
            username: name,
            conversationId: channelId,
            writable: permissions.includes('send_messages'),
            complete: now.loadedSeq > 0 ? now.complete : now.lastSeq === 0,
        };
    });
}

/** A frame says of a channel that comes into sight how far it goes, and not what of it is unread. @param {number} lastSeq */
const reaching = (lastSeq) => (/** @type {import('./types.js').Conversation} */ known) => (lastSeq > known.lastSeq ? { lastSeq, isMiscounted: true } : null);

/** Which messages mention one depends on one's roles: what was unread before they became others has to be counted anew. @param {State} state @param {State} before @param {string} id */
function withRolesOf(state, before, id) {
    const [old, now] = [before, state].map(({ communities }) => communities.get(id)?.details?.roleIds);
    if (!old || !now || (old.length === now.length && old.every((role) => now.includes(role)))) return state;
    const unread = [...state.conversations.values()].filter((one) => one.communityId === id && one.unread > 0);
    return unread.reduce((next, { address }) => withConversation(next, address, () => ({ isMiscounted: true })), state);
}

/** @param {State} state @param {(conversation: import('./types.js').Conversation) => boolean} isGone @returns {State} */
function withoutConversations(state, isGone) {
    const conversations = new Map([...state.conversations].filter(([, conversation]) => !isGone(conversation)));
    return conversations.size === state.conversations.size ? state : { ...state, conversations };
}

/** Who is in has had his answer. @param {State} state @param {string} id */
function withoutAccepted(state, id) {
    const done = [...state.invitations.values()].filter(({ communityId, isAccepted }) => isAccepted && communityId === id);
    return done.reduce((next, { invitationId }) => ({ ...next, invitations: without(next.invitations, invitationId) }), state);
}

/** `GET /servers/{id}`: what there is now, and nothing else. @param {State} state @param {any} raw @param {number} [doubts]  that there were when it was asked for */
function known(state, raw, doubts) {
    const id = raw.server_id;
    const before = state.communities.get(id);
    const channels = inOrder(kept(before?.details?.channels, raw.channels.map(channelOf), idOfChannel), 1, idOfChannel);
    const details = {
        version: raw.version,
        description: raw.description || null,
        host: raw.host,
        createdAt: raw.created_at,
        memberCount: raw.member_count,
        permissions: raw.permissions,
        position: raw.position,
        roleIds: raw.role_ids,
        timedOutUntil: raw.timed_out_until ?? null,
        channels,
        roles: inOrder(kept(before?.details?.roles, raw.roles.map(roleOf), idOfRole), -1, idOfRole),
    };
    // A frame told of something later while the answer was on its way, or that something may be other, whatever the version.
    const isOutdated = before !== undefined && (raw.version < before.version || before.doubts !== (doubts ?? before.doubts));
    const community = { ...summaryOf(raw, before), ...(isOutdated && { version: before.version }), isOutdated, details };
    const ids = new Set(channels.map(({ channelId }) => channelId));
    let next = withoutAccepted({ ...state, communities: new Map(state.communities).set(id, community) }, id);
    // A channel that came while the answer was on its way may have something that is not sent yet.
    next = withoutConversations(next, ({ communityId, address, outgoing }) => communityId === id && !ids.has(address) && !(isOutdated && outgoing.length));
    next = withRolesOf(next, state, id);
    const told = new Map(raw.channels.map((/** @type {any} */ one) => [one.channel_id, one]));
    return channels.reduce((all, channel) => withChannel(all, id, channel, (one) => {
        const counted = { ...one, ...standing(one, told.get(channel.channelId)) };
        return { ...counted, ...withHistory(counted, channel.permissions.includes('read_history')) };
    }), next);
}

/** @param {State} state @param {string} id */
function gone(state, id) {
    return withoutConversations({ ...state, communities: without(state.communities, id) }, ({ communityId }) => communityId === id);
}

/** Whether what one has read says it already. @param {State} state @param {any} frame */
const isOldNews = ({ communities }, frame) => frame.version <= (communities.get(frame.server_id)?.details?.version ?? -1);

/**
 * What `ready` says of a community: only one that has changed since is asked for again. After its homeserver was restored, versions are given again.
 * @param {any} raw
 * @param {Community|undefined} before
 * @returns {Community}
 */
function readyOf(raw, before) {
    const next = summaryOf(raw, before);
    if (!before) return next;
    const isOther = before.incarnation !== null && before.incarnation !== next.incarnation;
    const hasChanged = isOther || before.version !== raw.version;
    // A doubt of before ends with an answer, and with nothing else.
    const isOutdated = isOther || before.isOutdated || before.details?.version !== raw.version;
    return sameOr(before, { ...next, isOutdated, doubts: before.doubts + (isOther ? 1 : 0), memberDoubts: before.memberDoubts + (hasChanged ? 1 : 0) });
}

/** @type {Record<string, (state: State, frame: any) => State>} */
export const communityFrames = {
    ready: (state, frame) => {
        // Those that live here are of this homeserver's database.
        const communities = (frame.servers ?? []).map((/** @type {any} */ raw) => [raw.server_id, readyOf({ incarnation: frame.incarnation, ...raw }, state.communities.get(raw.server_id))]);
        const invitations = (frame.server_invites ?? []).map((/** @type {any} */ raw) => [raw.invite_id, invitationOf(raw)]);
        return { ...state, communities: new Map(communities), invitations: new Map(invitations) };
    },
    'community-changed': (state, frame) => {
        const id = frame.server_id;
        if (frame.state === 'gone') return gone(state, id);
        // Something of what was told before may have been lost, of members too: whatever the version, all is asked for again.
        const isResynced = frame.reason === 'resynced';
        // That its home is away, or back, is told without a new version.
        if (isOldNews(state, frame) && !isResynced) return withCommunity(state, id, ({ isStale }) => ({ isStale: frame.stale ?? isStale }));
        const before = state.communities.get(id);
        const stale = before?.isStale;
        const summary = summaryOf({ stale, ...frame }, before);
        if (isResynced) Object.assign(summary, { doubts: summary.doubts + 1, memberDoubts: summary.memberDoubts + 1 });
        const next = withoutAccepted({ ...state, communities: new Map(state.communities).set(id, summary) }, id);
        return withDetails(next, id, ({ roles }) => ({ description: frame.description || null, roles: rolesAfter(roles, frame) }));
    },
    'channel-changed': (state, frame) => {
        const { server_id: id, channel_id: channelId, channel } = frame;
        if (isOldNews(state, frame)) return state;
        const outdated = withCommunity(state, id, () => ({ isOutdated: true, version: frame.version }));
        const others = (/** @type {CommunityDetails} */ { channels }) => channels.filter((one) => one.channelId !== channelId);
        if (frame.state === 'gone') {
            const next = withDetails(outdated, id, (details) => ({ channels: others(details) }));
            return withoutConversations(next, ({ address }) => address === channelId);
        }
        const before = outdated.communities.get(id)?.details?.channels.find((one) => one.channelId === channelId);
        const now = { ...channelOf(channel), permissions: before?.permissions ?? [] };
        const next = withDetails(outdated, id, (details) => ({ channels: inOrder([...others(details), now], 1, idOfChannel) }));
        return next === state ? state : withChannel(next, id, now, reaching(channel.last_seq ?? 0));
    },
    'member-changed': (state, frame) => {
        const { server_id: id, user_id: address } = frame;
        const isSelf = address === state.account?.address;
        const isGone = frame.state === 'gone';
        const isOld = isOldNews(state, frame);
        const by = isOld ? 0 : isGone ? -1 : frame.reason === 'joined' ? 1 : 0;
        const next = withDetails(state, id, (details) => ({
            memberCount: Math.max(0, details.memberCount + by),
            // Of others it has said all that there is to say.
            ...(!isSelf && frame.version === details.version + 1 && { version: frame.version }),
            ...(isSelf && !isGone && !isOld && { roleIds: frame.role_ids ?? [], timedOutUntil: frame.timed_out_until ?? null }),
        }));
        return withCommunity(withRolesOf(next, state, id), id, ({ version, members, isOutdated, memberChanges }) => ({
            version: Math.max(version, frame.version),
            memberChanges: memberChanges + 1,
            // That one is put out `community-changed` says: there is nothing to ask any more.
            isOutdated: isOutdated || (isSelf && !isGone && !isOld),
            members: members && { ...members, members: membersAfter(members.members, frame, isGone) },
        }));
    },
    'new-server-invite': (state, frame) => ({ ...state, invitations: new Map(state.invitations).set(frame.invite_id, invitationOf(frame)) }),
    // What they are is asked for by who looks at them.
    'report-changed': (state, frame) => withCommunity(state, frame.server_id, ({ reportChanges }) => ({ reportChanges: reportChanges + 1 })),
    'server-invite-changed': (state, { invite_id: id, server_id: communityId, state: what }) => {
        const invitation = state.invitations.get(id);
        // Until the home of the community has answered it stands there, and says so.
        const isAwaited = invitation && what === 'accepted' && !state.communities.has(communityId);
        return { ...state, invitations: isAwaited ? new Map(state.invitations).set(id, { ...invitation, isAccepted: true }) : without(state.invitations, id) };
    },
};

/** @param {ReadonlyArray<import('./types.js').Role>} roles @param {any} frame */
function rolesAfter(roles, { role, removed_role_id: removed }) {
    if (!role && !removed) return roles;
    const others = roles.filter(({ roleId }) => roleId !== role?.role_id && roleId !== removed);
    return inOrder(role ? [...others, roleOf(role)] : others, -1, idOfRole);
}

/** Whether he is online only answers say. @param {import('./types.js').CommunityMembers['members']} members @param {any} frame @param {boolean} isGone */
function membersAfter(members, frame, isGone) {
    if (isGone) return without(members, frame.user_id);
    const { status = null, joinedAt = '' } = members.get(frame.user_id) ?? {};
    const next = memberOf(frame);
    return new Map(members).set(frame.user_id, { ...next, status, joinedAt: next.joinedAt ?? joinedAt });
}

/** @type {Record<string, (state: State, action: any) => State>} */
export const communityActions = {
    /** The answer of `GET /servers/{id}`, or (`isNew`) of making one; one that was left while the answer was on its way stays away. */
    'community-known': (state, { community, isNew = false, doubts }) => (isNew || state.communities.has(community.server_id) ? known(state, community, doubts) : state),
    /** It is not there any more, or one is not in it. */
    'community-gone': (state, { communityId }) => gone(state, communityId),
    // The same again is nothing that has to be said again.
    'community-failed': (state, { communityId, failure }) =>
        withCommunity(state, communityId, ({ failure: before }) => ({ failure: before?.code === failure.code ? before : failure })),
    'community-outdated': (state, { communityId }) => withCommunity(state, communityId, ({ doubts }) => ({ isOutdated: true, doubts: doubts + 1 })),
    /** A page of members; `isFirst`: what was known before is not. */
    'members-listed': (state, { communityId, page, isFirst }) =>
        withCommunity(state, communityId, ({ members }) => {
            const before = isFirst || !members ? [] : members.members;
            const listed = kept([...(members?.members.values() ?? [])], page.members.map(memberOf), addressOf);
            return { members: { members: new Map([...before, ...listed.map((one) => /** @type {const} */ ([one.address, one]))]), next: page.next ?? null } };
        }),
    'member-known': (state, { communityId, member }) =>
        withCommunity(state, communityId, ({ members }) =>
            (members ? { members: { ...members, members: new Map(members.members).set(member.user_id, memberOf(member)) } } : {})),
};

