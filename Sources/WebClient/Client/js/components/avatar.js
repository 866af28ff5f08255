/** @file A person's picture: initials on a colour that comes from the address, so it is the same everywhere. */

import { h } from '../ui/dom.js';

/**
 * @param {object} options
 * @param {string} options.address
 * @param {string} options.username
 * @param {'small'|'medium'|'large'} [options.size]
 * @param {'seen'|'spoken'} [options.presence]  a dot says whether he is online: `seen` where a text beside it says so too, else `spoken`
 */
export function avatar({ address, username, size = 'medium', presence }) {
    const element = h(
        `span.avatar.${size}`,
        null,
        h('span', { 'aria-hidden': 'true' }, initials(username)),
        presence && h('home-presence', { 'data-address': address, 'aria-hidden': presence === 'seen' && 'true' }),
    );
    element.style.setProperty('--hue', String(hue(address)));
    return element;
}

/** The first letters of at most two words of a name. @param {string} username */
function initials(username) {
    const words = username.split(/[._\-\s]+/).filter(Boolean);
    return words.slice(0, 2).map((word) => [...word][0]).join('') || [...username][0] || '?';
}

/** FNV-1a, as degrees of the colour circle. @param {string} text */
function hue(text) {
    let hash = 0x811c9dc5;
    for (const character of text) hash = Math.imul(hash ^ /** @type {number} */ (character.codePointAt(0)), 0x01000193);
    return (hash >>> 0) % 360;
}
