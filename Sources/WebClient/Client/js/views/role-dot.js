/** @file The colour of a role, as a dot beside a name: as the colour of a text nobody would know whether it can be read. */

import { h } from '../ui/dom.js';

/** @param {string} color  `#rrggbb` */
export function roleDot(color) {
    const dot = h('span.role-dot', { 'aria-hidden': 'true' });
    dot.style.setProperty('--role', color);
    return dot;
}
