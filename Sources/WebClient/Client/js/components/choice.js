/** @file One of a few things, all in sight: radio buttons that look like a row of keys. */

import { h, icon as drawing } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';

/**
 * @param {object} options
 * @param {string} options.label
 * @param {Array<{value: string, label: string, icon?: string}>} options.options
 * @param {string} options.value
 * @param {(value: string) => void} options.onchange
 */
export function choice({ label, options, value, onchange }) {
    const name = uniqueId('choice');
    return h(
        'fieldset.choice',
        null,
        h('legend', null, label),
        h(
            'div.keys',
            null,
            options.map((option) =>
                h(
                    'label',
                    null,
                    h('input', { type: 'radio', name, value: option.value, checked: option.value === value, onchange: () => onchange(option.value) }),
                    h('span', null, option.icon && drawing(option.icon), option.label),
                ),
            ),
        ),
    );
}
