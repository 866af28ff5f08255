/** @file The form that changes one's password. */

import { h, icon } from '../ui/dom.js';
import { button } from '../components/button.js';
import { passwordField } from '../components/field.js';
import { passwordProblem } from '../text/password.js';
import { failureText } from '../text/problems.js';

/** @param {import('../home.js').Home} home */
export function passwordForm({ t, store, actions }) {
    const { username, address } = /** @type {import('../store/types.js').Account} */ (store.state.account);
    const current = passwordField({ label: t('settings.password-current'), name: 'current_password', autocomplete: 'current-password' });
    const next = passwordField({ label: t('settings.password-next'), name: 'new_password', autocomplete: 'new-password', hint: t('password.hint') });
    const again = passwordField({ label: t('settings.password-again'), name: 'again', autocomplete: 'new-password' });
    const change = button({ label: t('settings.password-change'), icon: 'key', kind: 'primary', type: 'submit' });
    const outcome = h('p.outcome', { role: 'status' });
    // Password managers want to know whose password it is.
    const whose = h('input', { type: 'text', name: 'username', autocomplete: 'username', value: address, hidden: true, readonly: true });
    const form = h('form.password-form', { novalidate: true }, whose, current, next, again, h('p.hint', null, t('settings.password-note')), change, outcome);

    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        if (change.busy) return;
        outcome.replaceChildren();
        const wrong = passwordProblem(next.value, username);
        if (current.value === '') return refuse(current, t('settings.password-missing'));
        if (wrong) return refuse(next, t(wrong));
        if (again.value.normalize('NFC') !== next.value.normalize('NFC')) return refuse(again, t('settings.password-differs'));
        change.busy = true;
        try {
            await actions.changePassword({ current: current.value.normalize('NFC'), next: next.value.normalize('NFC') });
            for (const one of [current, next, again]) one.value = '';
            outcome.replaceChildren(icon('check'), h('span', null, t('settings.password-changed')));
        } catch (error) {
            const failure = /** @type {import('../store/types.js').Failure} */ (error);
            if (failure.code === 'unauthorized') refuse(current, t('settings.password-wrong'));
            else refuse(failure.field === 'current_password' ? current : next, failureText(t, failure));
        } finally {
            change.busy = false;
        }
    });
    return form;
}

/** @param {ReturnType<typeof passwordField>} about @param {string} text */
function refuse(about, text) {
    about.showProblem(text);
    about.input.focus();
}
