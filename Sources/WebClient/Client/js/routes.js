/** @file Where one is, in the address's fragment: `#/direct/ADDRESS`, `#/friends`, `#/settings`, `#/`. Back and forward work by it. */

/** @typedef {import('./store/types.js').Route} Route */

/** @type {Route} */
const start = { view: 'home', address: null };

/** What an address can be; anything else is the start. */
const address = /^[a-z0-9._-]{1,32}@[a-z0-9.-]{1,253}$/;

/** @param {string} fragment  with its # @returns {Route} */
export function routeOf(fragment) {
    const [, place, rest] = /^#\/([a-z]*)(?:\/(.*))?$/.exec(fragment) ?? [];
    if (place === 'friends' || place === 'settings') return { view: place, address: null };
    if (place !== 'direct') return start;
    const named = decoded(rest ?? '');
    return address.test(named) ? { view: 'conversation', address: named } : start;
}

/** @param {Route} route */
export function fragmentOf({ view, address }) {
    if (view === 'conversation' && address) return `#/direct/${encodeURIComponent(address).replace('%40', '@')}`;
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
