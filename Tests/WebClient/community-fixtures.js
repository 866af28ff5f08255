/** What the tests of communities share: a community with its channels as the homeserver writes them, and the frames of it. */

import { Communities } from '../../Sources/WebClient/Client/js/connection/communities.js';
import { action, alice, bob, Clock, id, ready, storeOf, time } from './fixtures.js';

export const garden = id(500);
export const general = id(510);
export const sheds = id(511);
export const voices = id(512);
export const gardeners = id(520);
export const everybody = id(521);

/** @param {object} [more] */
export const summary = (more = {}) => ({ server_id: garden, name: 'Garden', owner_user_id: bob, version: 1, ...more });

const nothingUnread = { last_seq: 0, read_seq: 0, unread: 0, mentions: 0 };

/** As an answer has it; in a frame nothing but `last_seq` says where one stands in it. @param {string} channelId @param {object} [more] */
export const channel = (channelId, more = {}) => ({
    channel_id: channelId,
    server_id: garden,
    kind: 'text',
    name: channelId === general ? 'general' : 'sheds',
    position: channelId === general ? 0 : 1,
    slow_mode_seconds: 0,
    private: false,
    overrides: [],
    permissions: ['view_channel', 'send_messages', 'read_history'],
    ...nothingUnread,
    ...more,
});

/** @param {string} roleId @param {object} [more] */
export const role = (roleId, more = {}) => ({ role_id: roleId, name: roleId === everybody ? 'everyone' : 'Gardeners', permissions: [], position: roleId === everybody ? 0 : 1, everyone: roleId === everybody, ...more });

/** The answer of `GET /servers/{id}`. @param {object} [more] */
export const community = (more = {}) => ({
    ...summary(),
    host: 'alpha.example',
    created_at: time(0),
    member_count: 3,
    permissions: ['view_channel', 'send_messages'],
    position: 0,
    role_ids: [gardeners],
    channels: [channel(sheds), channel(general), channel(voices, { kind: 'voice', name: 'talk', position: 2 })],
    roles: [role(everybody), role(gardeners)],
    ...more,
});

export const known = (/** @type {object} */ more = {}) => action('community-known', { community: community(more) });

/** @param {string} channelId @param {object} [more] */
export const unread = (channelId, more = {}) => ({ id: channelId, server_id: garden, ...nothingUnread, ...more });

/** @param {object} [more] */
export const invitation = (more = {}) => ({ invite_id: id(530), server_id: id(501), server_name: 'Orchard', from_user_id: bob, from_username: 'bob', expires_at: time(900), ...more });

/** `ready` of a member of the garden. @param {object} [more] */
export const readyInGarden = (more = {}) => ready({ servers: [summary()], channels: [unread(general), unread(sheds)], server_invites: [], ...more });

/** A message as history writes it. @param {number} seq @param {object} [more] */
export function post(seq, more = {}) {
    const { own, ...rest } = /** @type {any} */ ({ own: false, ...more });
    const from = own ? alice.address : bob;
    return {
        server_id: garden,
        channel_id: general,
        message_id: id(510_000 + seq),
        seq,
        n: seq,
        from_user_id: from,
        from_username: from.split('@')[0],
        message: `post ${seq}`,
        timestamp: time(seq),
        ...rest,
    };
}

/** @param {number} seq @param {object} [more] */
export const posted = (seq, more = {}) => ({ type: 'new-channel-message', ...post(seq, { s: seq, ...more }) });

/** @param {number} of  the number of the message @param {number} seq  of the deletion @param {object} [more] */
export const deletion = (of, seq, more = {}) => ({ type: 'message-deleted', server_id: garden, channel_id: general, message_id: id(510_000 + of), seq, by_user_id: bob, timestamp: time(seq), ...more });

/** @param {string} nonce @param {number|null} seq @param {object} [more] */
export const channelAck = (nonce, seq, more = {}) => ({ type: 'ack', nonce, message_id: id(510_000 + (seq ?? 999)), channel_id: general, seq, n: seq, timestamp: time(seq ?? 0), state: seq === null ? 'queued' : 'sent', ...more });

/** @param {object} [more] */
export const memberChanged = (more = {}) => ({ type: 'member-changed', server_id: garden, version: 2, user_id: bob, username: 'bob', state: 'member', role_ids: [], joined_at: time(1), ...more });

/** @param {any} state */
export const gardenOf = (state) => state.communities.get(garden);

/** A store whose communities are asked for as they are in the page. @param {any} state @param {(path: string) => any} answer */
export function reading(state, answer) {
    const clock = new Clock();
    const store = storeOf(state, clock);
    const asked = /** @type {string[]} */ ([]);
    const api = { get: async (/** @type {string} */ path) => (asked.push(path), answer(path)) };
    const lifetime = new AbortController();
    new Communities(/** @type {any} */ (api), store, { setTimer: clock.setTimer, clearTimer: clock.clearTimer, now: () => clock.now, random: () => 0.5 }).watch(lifetime.signal);
    return { clock, store, asked, lifetime };
}
