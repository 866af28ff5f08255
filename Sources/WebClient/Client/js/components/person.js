/** @file A person in one line: avatar, name, and under it the homeserver or what else is to be said. */

import { h } from '../ui/dom.js';
import { avatar } from './avatar.js';

/**
 * @param {{address: string, username: string, detail?: string, size?: 'small'|'medium'|'large'}} options  `detail` stands in place of the address
 */
export function person({ address, username, detail, size }) {
    return h(
        'div.person',
        { title: address },
        avatar({ address, username, size }),
        h('div', null, h('bdi.name.truncate', null, username), h('bdi.detail.truncate', null, detail ?? address)),
    );
}
