/** @file Dialogs: the browser's own `<dialog>`, which keeps the focus inside, closes with Esc and gives the focus back. */

import { h } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { t } from '../text/catalogue.js';
import { button } from './button.js';

/**
 * Opens a dialog and waits for its end.
 * @template T
 * @param {object} options
 * @param {string} options.title
 * @param {Node|string|Array<Node|string>} options.content
 * @param {Array<{label: string, kind?: 'primary'|'plain'|'quiet'|'danger', value: T}>} [options.actions]  the last one is nearest to the edge
 * @param {string} [options.describedBy]  the id of what is read aloud after the title
 * @param {boolean} [options.isAlert]  it interrupts: read aloud at once and as a whole
 * @returns {Promise<T|null>}  null when it was closed without an action
 */
export function openDialog({ title, content, actions = [], describedBy, isAlert = false }) {
    const titleId = uniqueId('dialog-title');
    const opener = document.activeElement;
    // What opened it may be gone by its end: then the focus goes to where that was.
    const place = opener?.parentElement?.closest('[tabindex]') ?? null;
    return new Promise((resolve) => {
        /** @type {T|null} */
        let answer = null;
        const dialog = /** @type {HTMLDialogElement} */ (
            h(
                'dialog.dialog',
                { 'aria-labelledby': titleId, 'aria-describedby': describedBy, role: isAlert && 'alertdialog' },
                h(
                    'header',
                    null,
                    h('h2', { id: titleId }, title),
                    button({ label: t('dialog.close'), icon: 'close', kind: 'quiet', iconOnly: true, onclick: () => dialog.close() }),
                ),
                h('div.content', null, content),
                actions.length > 0 &&
                    h(
                        'footer',
                        null,
                        actions.map(({ label, kind, value }) =>
                            button({
                                label,
                                kind,
                                onclick: () => {
                                    answer = value;
                                    dialog.close();
                                },
                            }),
                        ),
                    ),
            )
        );
        dialog.addEventListener('click', (event) => {
            if (event.target === dialog && isOutside(dialog, event)) dialog.close();
        });
        dialog.addEventListener('close', () => {
            dialog.remove();
            if (document.activeElement === document.body && place instanceof HTMLElement) place.focus();
            resolve(answer);
        });
        (document.querySelector('home-app') ?? document.body).append(dialog);
        dialog.showModal();
        const first = dialog.querySelector('.content input, .content button, footer .button:last-child');
        if (first instanceof HTMLElement) first.focus();
    });
}

/**
 * Asks before something that cannot be taken back.
 * @param {{title: string, text: string, confirm: string, danger?: boolean}} options
 * @returns {Promise<boolean>}
 */
export async function confirmDialog({ title, text, confirm, danger = false }) {
    const id = uniqueId('dialog-text');
    const answer = await openDialog({
        title,
        content: h('p', { id }, text),
        describedBy: id,
        isAlert: true,
        actions: [
            { label: t('dialog.cancel'), kind: 'plain', value: false },
            { label: confirm, kind: danger ? 'danger' : 'primary', value: true },
        ],
    });
    return answer === true;
}

/** A press on the backdrop arrives at the dialog itself, beside its box. @param {HTMLElement} dialog @param {MouseEvent} event */
function isOutside(dialog, event) {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
