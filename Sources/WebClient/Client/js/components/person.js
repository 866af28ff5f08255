/** @file A person in two lines: avatar, name, and under it the address or what else is to be said. */

import { h } from '../ui/dom.js';
import { avatar } from './avatar.js';

/**
 * @param {object} options
 * @param {string} options.address
 * @param {string} options.username
 * @param {string|HTMLElement} [options.detail]  stands in place of the address
 * @param {HTMLElement} [options.beside]  stands behind the name, or under it where there is no room
 * @param {'small'|'medium'|'large'} [options.size]
 * @param {'seen'|'spoken'} [options.presence]  as of an avatar
 */
export function person({ address, username, detail, beside, size, presence }) {
    return h(
        'span.person',
        { title: address },
        avatar({ address, username, size, presence }),
        h('span.lines', null, h('span.first', null, h('bdi.name.truncate', null, username), beside), h('bdi.detail.truncate', null, detail ?? address)),
    );
}
