/** @file A switch with its label: what it says takes effect at once. */

import { h } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';

/**
 * @param {{label: string, hint?: string, checked: boolean, onchange: (checked: boolean) => void}} options
 * @returns {{element: HTMLElement, input: HTMLInputElement}}
 */
export function toggle({ label, hint, checked, onchange }) {
    const id = uniqueId('toggle');
    const input = /** @type {HTMLInputElement} */ (
        h('input', { id, type: 'checkbox', role: 'switch', checked, 'aria-describedby': hint && `${id}-hint` })
    );
    input.addEventListener('change', () => onchange(input.checked));
    const element = h(
        'div.toggle',
        null,
        h('div', null, h('label', { htmlFor: id }, label), hint && h('p.hint', { id: `${id}-hint` }, hint)),
        h('span.switch', null, input),
    );
    return { element, input };
}
