/** @file A person's picture: initials on a colour that comes from the address, so it is the same everywhere. */

import { h } from '../ui/dom.js';

/** @param {{address: string, username: string, size?: 'small'|'medium'|'large'}} options */
export function avatar({ address, username, size = 'medium' }) {
    const element = h(`span.avatar.${size}`, { 'aria-hidden': 'true' }, initials(username));
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
