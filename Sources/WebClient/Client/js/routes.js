/**
 * @file Where one is, in the address's fragment: `#/direct/ADDRESS`, `#/friends`, `#/settings`, `#/`; in a community `#/community/ID`, below it
 * `channel/ID` and `settings/PART`; `#/join/CODE` for a link into one. Back and forward work by it.
 */

/** @typedef {import('./store/types.js').Route} Route */

/** @type {Route} */
const start = { view: 'home', address: null };

/** What an address, an id and a code can be; anything else is the start. */
const address = /^[a-z0-9._-]{1,32}@[a-z0-9.-]{1,253}$/;
const id = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const code = /^[A-Za-z0-9_-]{1,64}(?:@[a-z0-9.-]{1,253})?$/;

/** What the settings of a community consist of; the first stands for all. */
export const communityParts = ['general', 'channels', 'roles', 'members', 'invites', 'reports', 'audit'];

/** @param {string} fragment  with its # @returns {Route} */
export function routeOf(fragment) {
    const [, place, rest] = /^#\/([a-z]*)(?:\/(.*))?$/.exec(fragment) ?? [];
    if (place === 'friends' || place === 'settings') return { view: place, address: null };
    const named = decoded(rest ?? '');
    if (place === 'direct') return address.test(named) ? { view: 'conversation', address: named } : start;
    if (place === 'join') return code.test(named) || named === '' ? { view: 'join', address: null, part: named } : start;
    return place === 'community' ? inCommunity(named.split('/')) : start;
}

/** @param {string[]} path @returns {Route} */
function inCommunity([community, place, what]) {
    if (!id.test(community)) return start;
    if (place === 'channel' && id.test(what ?? '')) return { view: 'channel', address: what, community };
    if (place === 'settings') return { view: 'community-settings', address: null, community, part: communityParts.includes(what) ? what : communityParts[0] };
    return { view: 'community', address: null, community };
}

/** @param {Route} route */
export function fragmentOf({ view, address, community, part }) {
    if (view === 'conversation' && address) return `#/direct/${encodeURIComponent(address).replace('%40', '@')}`;
    if (view === 'join') return `#/join/${encodeURIComponent(part ?? '').replace('%40', '@')}`;
    if (view === 'channel') return `#/community/${community}/channel/${address}`;
    if (view === 'community-settings') return `#/community/${community}/settings/${part}`;
    if (view === 'community') return `#/community/${community}`;
    return view === 'friends' || view === 'settings' ? `#/${view}` : '#/';
}

/** @param {string} text */
function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return '';
    }
}
