/** @file A button. */

import { h, icon as drawing } from '../ui/dom.js';

/**
 * @param {object} options
 * @param {string} options.label
 * @param {string} [options.icon]
 * @param {'primary'|'plain'|'quiet'|'danger'} [options.kind]
 * @param {boolean} [options.iconOnly]  the label is spoken and shown as a tip only
 * @param {'button'|'submit'} [options.type]
 * @param {(event: MouseEvent) => void} [options.onclick]
 * @returns {HTMLButtonElement & {busy: boolean}}  while `busy` it turns, keeps the focus and does nothing
 */
export function button({ label, icon, kind = 'plain', iconOnly = false, type = 'button', onclick }) {
    const element = h(
        `button.button.${kind}`,
        { type, 'aria-label': iconOnly && label, title: iconOnly && label },
        icon && drawing(icon),
        !iconOnly && h('span', null, label),
    );
    element.classList.toggle('icon-only', iconOnly);
    element.addEventListener('click', (event) => {
        if (element.hasAttribute('data-busy')) {
            event.preventDefault();
            event.stopImmediatePropagation();
        }
    });
    if (onclick) element.addEventListener('click', onclick);
    Object.defineProperty(element, 'busy', {
        get: () => element.hasAttribute('data-busy'),
        set: (busy) => {
            element.toggleAttribute('data-busy', busy);
            if (busy) element.setAttribute('aria-disabled', 'true');
            else element.removeAttribute('aria-disabled');
        },
    });
    return /** @type {any} */ (element);
}
