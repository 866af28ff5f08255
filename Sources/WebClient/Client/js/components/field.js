/** @file A field of a form: label, input, a hint, and beside it what is wrong with what stands in it. */

import { h, icon } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { t } from '../text/catalogue.js';
import { button } from './button.js';

/**
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.name
 * @param {string} [options.type]
 * @param {string} [options.value]
 * @param {string} [options.hint]
 * @param {boolean} [options.required]
 * @param {string} [options.autocomplete]
 * @param {number} [options.minlength]
 * @param {number} [options.maxlength]
 * @param {string} [options.placeholder]
 * @param {(event: Event) => void} [options.oninput]
 * @param {Node} [options.trailing]  stands inside the field, after the input
 * @returns {HTMLElement & {input: HTMLInputElement, value: string, showProblem: (text: string|null) => void}}
 */
export function field({ label, name, type = 'text', value = '', hint, required, autocomplete, minlength, maxlength, placeholder, oninput, trailing }) {
    const id = uniqueId(name);
    const plain = type !== 'text' || Boolean(autocomplete);
    const input = /** @type {HTMLInputElement} */ (
        h('input', {
            id, name, type, value, required, autocomplete, minlength, maxlength, placeholder, oninput,
            'aria-describedby': hint ? `${id}-hint ${id}-problem` : `${id}-problem`,
            autocapitalize: plain && 'none',
            autocorrect: plain && 'off',
            spellcheck: plain && 'false',
        })
    );
    const problem = h('p.problem', { id: `${id}-problem`, 'aria-live': 'polite' });
    problem.hidden = true;
    const element = h(
        'div.field',
        null,
        h('label', { htmlFor: id }, label),
        h('div.control', null, input, trailing),
        hint && h('p.hint', { id: `${id}-hint` }, hint),
        problem,
    );
    const showProblem = (/** @type {string|null} */ text) => {
        problem.hidden = !text;
        problem.replaceChildren(...(text ? [icon('alert'), h('span', null, text)] : []));
        element.classList.toggle('wrong', Boolean(text));
        if (text) input.setAttribute('aria-invalid', 'true');
        else input.removeAttribute('aria-invalid');
    };
    input.addEventListener('input', () => showProblem(null));
    Object.defineProperty(element, 'value', {
        get: () => input.value,
        set: (text) => {
            input.value = text;
        },
    });
    return /** @type {any} */ (Object.assign(element, { input, showProblem }));
}

/**
 * A field for a password, with a button that shows what was typed.
 * @param {{label: string, name: string, autocomplete: 'current-password'|'new-password', hint?: string, minlength?: number}} options
 */
export function passwordField(options) {
    const reveal = button({ label: t('password.show'), icon: 'eye', kind: 'quiet', iconOnly: true });
    reveal.setAttribute('aria-pressed', 'false');
    const element = field({ ...options, type: 'password', required: true, trailing: reveal });
    reveal.addEventListener('click', () => {
        const isShown = element.input.type === 'password';
        element.input.type = isShown ? 'text' : 'password';
        reveal.setAttribute('aria-pressed', String(isShown));
        reveal.replaceChildren(icon(isShown ? 'eye-off' : 'eye'));
    });
    return element;
}
