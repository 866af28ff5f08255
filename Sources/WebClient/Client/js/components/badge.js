/** @file A small number beside something: how many unread, how many requests. */

import { h } from '../ui/dom.js';

const most = 99;

/**
 * @param {{count: number, label: string}} options  the label is what is spoken instead of the number
 * @returns {HTMLElement & {show: (count: number, label: string) => void}}  hidden at 0
 */
export function badge({ count, label }) {
    const digits = h('span', { 'aria-hidden': 'true' });
    const spoken = h('span.visually-hidden', null);
    const element = h('span.badge', null, digits, spoken);
    const show = (/** @type {number} */ number, /** @type {string} */ text) => {
        element.hidden = number <= 0;
        digits.textContent = number > most ? `${most}+` : String(number);
        spoken.textContent = text;
    };
    show(count, label);
    return Object.assign(element, { show });
}
