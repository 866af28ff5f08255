/** @file What can be done with a message: one bar for the whole timeline, put into the row that is pointed at or has the focus. */

import { button } from '../components/button.js';
import { menu } from '../components/menu.js';
import { t } from '../text/catalogue.js';
import { h } from '../ui/dom.js';
import { isOutgoing } from './timeline-items.js';

/** @typedef {import('./message-row.js').MessageRow} MessageRow */

export class MessageActions {
    /** @type {MessageRow|null} */
    #row = null;

    /** @param {{reply: (message: import('../store/types.js').Message) => void, copy: (text: string) => void, cancel: (entry: import('../store/types.js').Outgoing) => void, more: (message: import('../store/types.js').Message) => import('../components/menu.js').MenuItem[]}} actions */
    constructor({ reply, copy, cancel, more }) {
        const act = (/** @type {(message: any) => void} */ run) => () => this.#row?.item && run(this.#row.item);
        this.reply = button({ label: t('message.reply'), icon: 'reply', kind: 'quiet', iconOnly: true, onclick: act(reply) });
        this.copy = button({ label: t('message.copy'), icon: 'copy', kind: 'quiet', iconOnly: true, onclick: act((message) => copy(message.text)) });
        this.cancel = button({ label: t('message.cancel'), icon: 'trash', kind: 'quiet', iconOnly: true, onclick: act(cancel) });
        this.itemsOf = more;
        this.more = menu({ label: t('message.more'), items: () => more(/** @type {any} */ (this.#row?.item)) });
        this.element = h('div.message-actions', { role: 'toolbar', 'aria-label': t('message.actions'), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event) }, ...this.#all);
        for (const one of this.#all) one.tabIndex = -1;
    }

    get #all() {
        return [this.reply, this.copy, this.cancel, this.more];
    }

    /** @param {MessageRow|null} row */
    show(row) {
        if (row === this.#row && row?.article.contains(this.element)) return;
        if (this.element.contains(document.activeElement) && row !== this.#row) return;
        this.#row = row;
        if (!row?.item) return this.element.remove();
        this.refresh();
        row.anchor.append(this.element);
    }

    /** What can be done is another thing once a message was sent. */
    refresh() {
        const item = this.#row?.item;
        if (!item) return;
        const hadFocus = this.element.contains(document.activeElement);
        const isDeleted = !isOutgoing(item) && item.deleted;
        this.reply.hidden = isOutgoing(item) || isDeleted;
        this.copy.hidden = isDeleted;
        this.more.hidden = isOutgoing(item) || this.itemsOf(item).length === 0;
        this.cancel.hidden = !isOutgoing(item) || item.state !== 'pending';
        if (!hadFocus || (this.element.contains(document.activeElement) && !(/** @type {HTMLElement} */ (document.activeElement).hidden))) return;
        const next = [this.copy, ...this.#all].find((one) => !one.hidden) ?? this.#row?.article;
        next?.focus();
    }

    /** Where what one does with a message begins: Retry of a failed one, else the bar. @param {MessageRow} row */
    focus(row) {
        const first = row.article.querySelector('.message-state button');
        if (first instanceof HTMLElement) return first.focus();
        this.show(row);
        this.#all.find((one) => !one.hidden)?.focus();
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        const all = this.#all.filter((one) => !one.hidden);
        const at = all.indexOf(/** @type {any} */ (event.target));
        // The open menu has keys of its own.
        if (at < 0) return;
        if (event.key === 'ArrowRight') all[(at + 1) % all.length]?.focus();
        else if (event.key === 'ArrowLeft') all[(at + all.length - 1) % all.length]?.focus();
        else if (event.key === 'Escape') this.#row?.article.focus();
        else return;
        event.preventDefault();
        event.stopPropagation();
    }
}
