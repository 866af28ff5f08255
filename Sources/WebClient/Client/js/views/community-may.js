/** @file What one may do in a community, as its homeserver says: it decides, this only keeps from the page what would be refused. */

/** @typedef {import('../store/types.js').State} State @typedef {import('../store/types.js').Community} Community @typedef {import('../store/types.js').Member} Member */

/** @param {Community|null} community @param {...string} permissions  any of them is enough */
export function may(community, ...permissions) {
    const own = community?.details?.permissions ?? [];
    return own.includes('administrator') || permissions.some((one) => own.includes(one));
}

/** @param {State} state @param {Community|null} community */
export const isOwner = ({ account }, community) => community?.owner === account?.address;

/** Where somebody stands: the position of his highest role. @param {Community} community @param {Member|undefined} member */
function standingOf({ details }, member) {
    const positions = (details?.roles ?? []).filter(({ roleId }) => member?.roleIds.includes(roleId)).map(({ position }) => position);
    return Math.max(0, ...positions);
}

/** Whether one stands over somebody: moderators cannot act on their equals. @param {State} state @param {Community} community @param {string} address */
export function isOver(state, community, address) {
    if (address === community.owner || address === state.account?.address) return false;
    const member = community.members?.members.get(address);
    return isOwner(state, community) || (community.details?.position ?? 0) > standingOf(community, member);
}
