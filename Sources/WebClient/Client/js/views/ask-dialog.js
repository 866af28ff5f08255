/** @file A dialog that asks for a few things before something is done, and says beside them why it could not be. */

import { button } from '../components/button.js';
import { openDialog } from '../components/dialog.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.text]
 * @param {Array<HTMLElement>} options.fields
 * @param {string} options.confirm
 * @param {boolean} [options.danger]
 * @param {() => boolean} [options.check]  false: something is missing, and it has been said beside it
 * @param {() => Promise<unknown>} options.act  the dialog stays open when it fails
 * @returns {Promise<boolean>} whether it was done
 */
export async function askDialog({ title, text, fields, confirm, danger = false, check = () => true, act }) {
    let isDone = false;
    const problem = h('p.form-problem', { role: 'alert' });
    problem.hidden = true;
    const send = button({ label: confirm, kind: danger ? 'danger' : 'primary', type: 'submit' });
    const form = h('form.ask', { novalidate: true }, text && h('p', null, text), fields, problem, h('div.ask-actions', null, send));
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        if (send.busy || !check()) return;
        send.busy = true;
        problem.hidden = true;
        try {
            await act();
            isDone = true;
            form.closest('dialog')?.close();
        } catch (failure) {
            problem.replaceChildren(icon('alert'), h('span', null, failureText(t, /** @type {any} */ (failure))));
            problem.hidden = false;
        } finally {
            send.busy = false;
        }
    });
    await openDialog({ title, content: form });
    return isDone;
}

/** A choice of a few, folded: for what one seldom changes. @param {{label: string, options: Array<{value: string, label: string}>, value: string}} options */
export function selectField({ label, options, value }) {
    const select = /** @type {HTMLSelectElement} */ (h('select.select', null, options.map((option) => h('option', { value: option.value, selected: option.value === value }, option.label))));
    return Object.assign(h('label.select-field', null, h('span', null, label), select), { select });
}

/** Whether something stands in a field; else it is said there. @param {ReturnType<typeof import('../components/field.js').field>} one @param {string} missing  the key of what is said */
export function isFilled(one, missing) {
    if (one.value.trim() !== '') return true;
    one.showProblem(t(missing));
    one.input.focus();
    return false;
}
