/** @file Actions of communities ("servers" on the wire): making, joining and leaving them, their settings, what moderators do. What they change comes back by frames. */

import { Failed } from '../connection/api.js';
import { isChannel, isCommunity, isJoining, isMember, isMemberPage, isRole } from '../store/community-frames.js';

/** @typedef {import('../home.js').Application} Application */

/** Members a page, as many as the homeserver gives at once. */
const membersPage = 200;
/** So often a page of members is asked for again because one of them became another meanwhile; where that never ends the last one holds. */
const mostAgain = 3;

/** The lists of the settings: where they are, and what their entries are called. */
const lists = {
    bans: { path: 'bans', name: 'bans' },
    invites: { path: 'invites', name: 'invites' },
    links: { path: 'invite-links', name: 'links' },
    reports: { path: 'reports', name: 'reports' },
};

/** Checks that the first load does without. */
const answers = () => import('../store/community-answers.js');

/** An answer that is what was asked for. @template T @param {(value: unknown) => boolean} isGood @param {T} answer @returns {T} */
function checked(isGood, answer) {
    if (!isGood(answer)) throw new Failed('internal', 'the homeserver answered something else');
    return answer;
}

/**
 * Requests that the homeserver of a community answers. When it is away, that is not about an address which somebody has entered.
 * @param {Application['api']} api @returns {Pick<Application['api'], 'get'|'list'|'post'|'put'|'patch'|'delete'>}
 */
function askedAtHost(api) {
    /** @template {any[]} A, T @param {(...given: A) => Promise<T>} ask @returns {(...given: A) => Promise<T>} */
    const of = (ask) => (...given) =>
        ask.apply(api, given).catch((error) => {
            throw error.code === 'remote_unreachable' ? new Failed('host_unreachable', error.message) : error;
        });
    return { get: of(api.get), list: of(api.list), post: of(api.post), put: of(api.put), patch: of(api.patch), delete: of(api.delete) };
}

/** @param {Application} app */
export function communityActions(app) {
    const { store } = app;
    const api = askedAtHost(app.api);
    const part = encodeURIComponent;
    /** @param {string} id @param {...string} rest */
    const server = (id, ...rest) => ['', 'servers', id, ...rest].map(part).join('/');
    /** @param {string} path @param {string} [reason] */
    const because = (path, reason) => (reason ? `${path}?reason=${part(reason)}` : path);
    /** Who has come in sees at once where; the frame that says so may come later. @param {{server_id: string, state: 'joined'|'joining'}} answer */
    const entered = async (answer) => {
        checked(isJoining, answer);
        if (answer.state === 'joined') {
            store.dispatch({ type: 'community-known', community: checked(isCommunity, await api.get(server(answer.server_id))), isNew: true });
        }
        return answer;
    };
    return {
        /** @param {{name: string, description: string}} form @returns {Promise<string>} its id */
        createCommunity: async ({ name, description }) => {
            const community = checked(isCommunity, await api.post('/servers', { name, ...(description && { description }) }));
            store.dispatch({ type: 'community-known', community, isNew: true });
            return community.server_id;
        },
        /** @param {string} id @param {object} changes */
        changeCommunity: async (id, changes) => void (await api.patch(server(id), changes)),
        /** @param {string} id */
        deleteCommunity: async (id) => void (await api.delete(server(id))),
        /** @param {string} id */
        leaveCommunity: async (id) => void (await api.post(server(id, 'leave'))),
        /** @param {string} id @param {string} address */
        transferCommunity: async (id, address) => void (await api.post(server(id, 'transfer'), { user_id: address })),

        /** @param {string} code @returns {Promise<any>} what stands behind it */
        previewLink: async (code) => checked((await answers()).isLinkPreview, await app.api.get(`/invite-links/${part(code)}`)),
        /** @param {string} code @returns {Promise<{server_id: string, state: 'joined'|'joining'}>} */
        joinByLink: async (code) => entered(await app.api.post(`/invite-links/${part(code)}/join`)),
        /** @param {string} id @returns {Promise<{server_id: string, state: 'joined'|'joining'}>} */
        acceptInvitation: async (id) => entered(await api.post(`/server-invites/${part(id)}/accept`)),
        /** @param {string} id */
        declineInvitation: async (id) => void (await api.post(`/server-invites/${part(id)}/decline`)),

        /** The first page of members, or the next one. @param {string} id @param {string} [after] */
        loadMembers: async (id, after) => {
            const changes = () => store.state.communities.get(id)?.memberChanges;
            const ask = async () => checked(isMemberPage, await api.get(server(id, 'members'), { after, limit: membersPage }));
            // Whether a page was written before or after a frame that came meanwhile nobody can say: one who has gone would stay in it for ever.
            let before = changes();
            let page = await ask();
            for (let again = 0; again < mostAgain && changes() !== before; again += 1) {
                before = changes();
                page = await ask();
            }
            store.dispatch({ type: 'members-listed', communityId: id, page, isFirst: after === undefined });
        },
        /** @param {string} id @param {string} query @returns {Promise<Array<{user_id: string, username: string}>>} */
        findMembers: async (id, query) => checked(isMemberPage, await api.get(server(id, 'members'), { q: query, limit: 20 })).members,
        /** @param {string} id @param {string} address @param {string} roleId @param {boolean} has */
        setMemberRole: async (id, address, roleId, has) => {
            const path = server(id, 'members', address, 'roles', roleId);
            const member = checked(isMember, await (has ? api.put(path) : api.delete(path)));
            store.dispatch({ type: 'member-known', communityId: id, member });
        },
        /** @param {string} id @param {string} address @param {string} [reason] */
        kick: async (id, address, reason) => void (await api.delete(because(server(id, 'members', address), reason))),
        /** @param {string} id @param {string} address @param {{reason?: string, purgeSeconds?: number}} options */
        ban: async (id, address, { reason, purgeSeconds }) =>
            void (await api.put(server(id, 'bans', address), { ...(reason && { reason }), ...(purgeSeconds && { purge_seconds: purgeSeconds }) })),
        /** @param {string} id @param {string} address */
        unban: async (id, address) => void (await api.delete(server(id, 'bans', address))),
        /** @param {string} id @param {string} address @param {number} seconds  0 ends it @param {string} [reason] */
        timeOut: async (id, address, seconds, reason) => {
            const path = server(id, 'members', address, 'time-out');
            const member = checked(isMember, await (seconds > 0 ? api.put(path, { seconds, ...(reason && { reason }) }) : api.delete(path)));
            store.dispatch({ type: 'member-known', communityId: id, member });
        },

        /** @param {string} id @param {{name: string, kind: string, topic?: string, private?: boolean, role_ids?: string[]}} form @returns {Promise<string>} the channel's id */
        createChannel: async (id, form) => checked(isChannel, await api.post(server(id, 'channels'), form)).channel_id,
        /** @param {string} channelId @param {object} changes */
        changeChannel: async (channelId, changes) => void checked(isChannel, await api.patch(`/channels/${part(channelId)}`, changes)),
        /** @param {string} channelId */
        deleteChannel: async (channelId) => void (await api.delete(`/channels/${part(channelId)}`)),
        /** @param {string} channelId @param {string} target @param {{allow: string[], deny: string[]}|null} override  null takes it away */
        setOverride: async (channelId, target, override) => {
            const path = `/channels/${part(channelId)}/overrides/${part(target)}`;
            checked(isChannel, await (override ? api.put(path, override) : api.delete(path)));
        },
        /** @param {string} channelId @param {string} messageId @param {string} [reason] */
        deleteMessage: async (channelId, messageId, reason) =>
            void (await api.delete(because(`/channels/${part(channelId)}/messages/${part(messageId)}`, reason))),
        /** @param {string} channelId @param {string} messageId @param {string} reason */
        reportMessage: async (channelId, messageId, reason) =>
            void (await api.post(`/channels/${part(channelId)}/messages/${part(messageId)}/reports`, { reason })),

        /** @param {string} id @param {object} form */
        createRole: async (id, form) => checked(isRole, await api.post(server(id, 'roles'), form)).role_id,
        /** @param {string} id @param {string} roleId @param {object} changes */
        changeRole: async (id, roleId, changes) => void checked(isRole, await api.patch(server(id, 'roles', roleId), changes)),
        /** @param {string} id @param {string} roleId */
        deleteRole: async (id, roleId) => void (await api.delete(server(id, 'roles', roleId))),

        /** @param {string} id @param {keyof typeof lists} which @param {object} [query] @returns {Promise<any[]>} */
        listOf: async (id, which, query) => {
            const { path, name } = lists[which];
            const entries = await api.list(server(id, path), name, query);
            const { entryChecks } = await answers();
            return checked((all) => /** @type {any[]} */ (all).every(entryChecks[name]), entries);
        },
        /** @param {string} id @param {number} [before] @returns {Promise<{entries: any[], next: number|null}>} the latest first */
        auditLog: async (id, before) => {
            const page = await api.get(server(id, 'audit-log'), { before, limit: 50 });
            const { entryChecks } = await answers();
            checked((all) => Array.isArray(all) && all.every(entryChecks.entries), page.entries);
            return { entries: page.entries, next: page.next ?? null };
        },
        /** @param {string} id @param {string} address */
        invite: async (id, address) => void (await app.api.post(server(id, 'invites'), { user_id: address })),
        /** @param {string} id @param {string} invitationId */
        withdrawInvitation: async (id, invitationId) => void (await api.delete(server(id, 'invites', invitationId))),
        /** @param {string} id @param {{expires_in_seconds?: number, max_uses?: number}} form @returns {Promise<any>} the link */
        createLink: async (id, form) => checked((await answers()).entryChecks.links, await api.post(server(id, 'invite-links'), form)),
        /** @param {string} id @param {string} code */
        revokeLink: async (id, code) => void (await api.delete(server(id, 'invite-links', code))),
        /** Who joined by a link, the latest first: one page. @param {string} id @param {string} code @returns {Promise<Array<{user_id: string, at: string}>>} */
        usesOfLink: async (id, code) => {
            const { uses } = await api.get(server(id, 'invite-links', code, 'uses'), { limit: 200 });
            const { entryChecks } = await answers();
            return checked((all) => Array.isArray(all) && all.every(entryChecks.uses), uses);
        },
        /** @param {string} id @param {string} reportId @param {string} [note] */
        closeReport: async (id, reportId, note) => void (await api.post(server(id, 'reports', reportId, 'close'), note ? { note } : {})),
    };
}
