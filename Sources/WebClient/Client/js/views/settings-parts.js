/** @file What the parts of a community's settings are made of: sections, lists that are asked for, forms that say what went wrong. */

import { button } from '../components/button.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { keyed } from '../ui/keyed.js';

/** @typedef {ReturnType<typeof import('../components/field.js').field>} Field */

/** @param {string} title @param {...(HTMLElement|string|null|false)} content */
export function section(title, ...content) {
    const id = uniqueId('settings');
    return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), content);
}

/**
 * A list that the homeserver is asked for; what went wrong stands in its place.
 * @template T
 * @param {object} options
 * @param {() => Promise<T[]>} options.load
 * @param {(entry: T) => string} options.key
 * @param {(entry: T) => HTMLElement} options.row
 * @param {string} options.empty  what is said when there is nothing in it
 */
export function loadedList({ load, key, row, empty }) {
    const list = h('ul.rows');
    const status = h('p.hint', { role: 'status' }, t('sessions.loading'));
    const show = keyed(list, key, row);
    const reload = async () => {
        try {
            const entries = await load();
            show(entries);
            status.replaceChildren(entries.length > 0 ? '' : empty);
        } catch (failure) {
            const again = button({ label: t('sessions.again'), icon: 'retry', onclick: () => void reload() });
            status.replaceChildren(failureText(t, /** @type {any} */ (failure)), ' ', again);
        }
    };
    return { element: h('div.loaded-list', null, status, list), reload };
}

/**
 * A form: what is wrong stands beside the field that it is about, or above the button.
 * @param {object} options
 * @param {Array<HTMLElement>} options.fields
 * @param {string} options.label  of its button
 * @param {string} [options.icon]
 * @param {() => boolean} [options.check]  false: something is missing, and it has been said beside it
 * @param {() => Promise<string|void>} options.act  gives what is said when it is done
 */
export function settingsForm({ fields, label, icon: sign, check = () => true, act }) {
    const outcome = h('p.outcome', { role: 'status' });
    const problem = h('p.form-problem', { role: 'alert', hidden: true });
    const send = button({ label, icon: sign, kind: 'primary', type: 'submit' });
    const form = h('form.join-form', { novalidate: true }, fields, problem, send, outcome);
    form.addEventListener('input', () => outcome.replaceChildren());
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        outcome.replaceChildren();
        problem.hidden = true;
        if (send.busy || !check()) return;
        send.busy = true;
        try {
            const said = await act();
            if (said) outcome.replaceChildren(icon('check'), h('span', null, said));
        } catch (error) {
            const failure = /** @type {import('../store/types.js').Failure} */ (error);
            const about = fields.find((one) => /** @type {any} */ (one).input?.name === failure.field && failure.field !== null);
            if (about) {
                /** @type {Field} */ (about).showProblem(failureText(t, failure));
                /** @type {Field} */ (about).input.focus();
            } else {
                problem.replaceChildren(icon('alert'), h('span', null, failureText(t, failure)));
                problem.hidden = false;
            }
        } finally {
            send.busy = false;
        }
    });
    return form;
}

/** A row of a list: what it is, what is said of it, what can be done. @param {Array<Node|string|null|false>} first @param {Array<Node|string|null|false>} detail @param {HTMLElement[]} actions */
export function settingsRow(first, detail, actions) {
    return h('li', null, h('div.who', null, h('p.row-name', null, first), detail.length > 0 && h('p.detail', null, detail)), h('div.actions', null, actions));
}
