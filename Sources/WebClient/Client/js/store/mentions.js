/** @file Whom a message in a channel means. */

/** Whether nobody here can say whom it means: it names roles, and which ones one has is not known yet. @param {import('./types.js').State} state @param {string|null} communityId @param {ReadonlyArray<string>} mentions */
export function isUnclear({ communities }, communityId, mentions) {
    return !communities.get(communityId ?? '')?.details && mentions.some((one) => one !== 'everyone' && !one.includes('@'));
}

/**
 * Whether it means the one who is signed in: by the address, as one of all, or by a role of his.
 * @param {import('./types.js').State} state
 * @param {string|null} communityId
 * @param {ReadonlyArray<string>} mentions
 */
export function mentionsMe({ account, communities }, communityId, mentions) {
    if (mentions.length === 0) return false;
    const roleIds = communities.get(communityId ?? '')?.details?.roleIds ?? [];
    return mentions.some((one) => one === 'everyone' || one === account?.address || roleIds.includes(one));
}
