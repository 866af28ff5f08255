/** @file The keyboard in the timeline: one tab stop, arrows from row to row, pages, both ends, Enter to what can be done with a message. */

/**
 * @typedef {object} TimelineKeysParts
 * @property {HTMLElement} scroller
 * @property {import('./timeline-rows.js').TimelineRows} rows
 * @property {import('./message-actions.js').MessageActions} actions
 * @property {() => void} toOldest
 * @property {() => void} toNewest
 */

export class TimelineKeys {
    #parts;

    /** @param {TimelineKeysParts} parts */
    constructor(parts) {
        this.#parts = parts;
    }

    /** @param {KeyboardEvent} event */
    pressed(event) {
        if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
        const row = this.#parts.rows.of(event.target);
        if (!row) return;
        // From a link or a quotation in a message the arrows lead on; code scrolls by them, and the bar has its own.
        const isArrow = event.key === 'ArrowUp' || event.key === 'ArrowDown';
        const isInside = /** @type {Element} */ (event.target).matches('a, .message-quote');
        if (event.target !== row.article && !(isArrow && isInside)) return;
        const moves = {
            ArrowUp: () => this.#step(row, -1),
            ArrowDown: () => this.#step(row, 1),
            PageUp: () => this.#page(-1),
            PageDown: () => this.#page(1),
            Home: () => {
                this.#parts.toOldest();
                this.#focusEdge('first');
            },
            End: () => {
                this.#parts.toNewest();
                this.#focusEdge('last');
            },
            Enter: () => this.#parts.actions.focus(row),
        };
        const move = moves[/** @type {keyof typeof moves} */ (event.key)];
        if (!move) return;
        event.preventDefault();
        move();
    }

    /** @param {import('./message-row.js').MessageRow} row @param {-1|1} by */
    #step(row, by) {
        const next = by < 0 ? row.element.previousElementSibling : row.element.nextElementSibling;
        const article = next?.querySelector('article.message');
        if (!(article instanceof HTMLElement)) return;
        article.focus({ preventScroll: true });
        article.scrollIntoView({ block: 'nearest' });
    }

    /** @param {-1|1} by */
    #page(by) {
        const { scroller, rows } = this.#parts;
        scroller.scrollBy({ top: by * scroller.clientHeight * 0.9, behavior: 'instant' });
        const { top, bottom } = scroller.getBoundingClientRect();
        const row = rows.firstBelow(by < 0 ? top + 1 : bottom - 1) ?? null;
        if (row) row.article.focus({ preventScroll: true });
        else this.#focusEdge('last');
    }

    /** @param {'first'|'last'} edge */
    #focusEdge(edge) {
        const all = this.#parts.scroller.querySelectorAll('article.message');
        const article = edge === 'first' ? all[0] : all[all.length - 1];
        if (article instanceof HTMLElement) article.focus({ preventScroll: true });
    }
}
