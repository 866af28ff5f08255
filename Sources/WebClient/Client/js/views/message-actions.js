/** @file What can be done with a message: one bar for the whole timeline, put into the row that is pointed at or has the focus. */

import { button } from '../components/button.js';
import { t } from '../text/catalogue.js';
import { h } from '../ui/dom.js';
import { isOutgoing } from './timeline-items.js';

/** @typedef {import('./message-row.js').MessageRow} MessageRow */

export class MessageActions {
    /** @type {MessageRow|null} */
    #row = null;

    /** @param {{reply: (message: import('../store/types.js').Message) => void, copy: (text: string) => void}} actions */
    constructor({ reply, copy }) {
        const act = (/** @type {(message: any) => void} */ run) => () => this.#row?.item && run(this.#row.item);
        this.reply = button({ label: t('message.reply'), icon: 'reply', kind: 'quiet', iconOnly: true, onclick: act(reply) });
        this.copy = button({ label: t('message.copy'), icon: 'copy', kind: 'quiet', iconOnly: true, onclick: act((message) => copy(message.text)) });
        this.element = h('div.message-actions', { role: 'toolbar', 'aria-label': t('message.actions'), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event) }, this.reply, this.copy);
        for (const one of [this.reply, this.copy]) one.tabIndex = -1;
    }

    /** @param {MessageRow|null} row */
    show(row) {
        if (row === this.#row && row?.article.contains(this.element)) return;
        if (this.element.contains(document.activeElement) && row !== this.#row) return;
        this.#row = row;
        if (!row?.item) return this.element.remove();
        this.reply.hidden = isOutgoing(row.item);
        row.anchor.append(this.element);
    }

    /** Where what one does with a message begins: Retry of a failed one, else the bar. @param {MessageRow} row */
    focus(row) {
        const first = row.article.querySelector('.message-state button');
        if (first instanceof HTMLElement) return first.focus();
        this.show(row);
        (this.reply.hidden ? this.copy : this.reply).focus();
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        const all = [this.reply, this.copy].filter((one) => !one.hidden);
        const at = all.indexOf(/** @type {any} */ (event.target));
        if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') all[(at + 1) % all.length]?.focus();
        else if (event.key === 'Escape') this.#row?.article.focus();
        else return;
        event.preventDefault();
        event.stopPropagation();
    }
}
