/** @file One's own address with a button that copies it: what one gives to others. */

import { h } from '../ui/dom.js';
import { t } from '../text/catalogue.js';
import { button } from './button.js';

/** @param {string} address @param {(text: string) => void} copy */
export function ownAddress(address, copy) {
    return h(
        'div.own-address',
        null,
        h('bdi', { title: address }, address),
        button({ label: t('address.copy'), icon: 'copy', kind: 'plain', onclick: () => copy(address) }),
    );
}
