/** @file What the homeserver answers to who runs a community, or looks at a link: loaded when it is asked. Checked as in community-frames.js. */

import { isAddress, isCount, isFlag, isId, isObject, isOneOf, isOrdinal, isText, isTime, isUsername, maybe, object } from './checks.js';
import { invitation } from './community-frames.js';

/** @typedef {import('./checks.js').Check} Check */

/** What stands behind the code of a link. */
export const isLinkPreview = object({
    code: isText,
    server_id: isId,
    name: isText,
    description: maybe(isText),
    host: isText,
    member_count: isCount,
    expires_at: maybe(isTime),
    state: isOneOf('joined', 'open'),
});

/** The lists of a community's settings, entry by entry. @type {Record<string, Check>} */
export const entryChecks = {
    bans: object({ user_id: isAddress, username: isUsername, by_user_id: isAddress, reason: maybe(isText), created_at: isTime }),
    invites: object({ ...invitation, user_id: isAddress, created_at: isTime }),
    links: object({
        code: isText,
        server_id: isId,
        created_by: isAddress,
        created_at: isTime,
        expires_at: maybe(isTime),
        max_uses: maybe(isOrdinal),
        uses: isCount,
        revoked: isFlag,
    }),
    uses: object({ user_id: isAddress, at: isTime }),
    entries: object({
        version: isCount,
        at: isTime,
        actor_user_id: isAddress,
        action: isText,
        target: maybe(isText),
        target_name: maybe(isText),
        reason: maybe(isText),
        detail: maybe(isObject),
    }),
    reports: object({
        report_id: isId,
        channel_id: isId,
        message_id: isId,
        author_user_id: isAddress,
        message: isText,
        reporter_user_id: isAddress,
        reason: isText,
        created_at: isTime,
        state: isOneOf('open', 'closed'),
        closed_by: maybe(isAddress),
        closed_at: maybe(isTime),
        note: maybe(isText),
    }),
};
