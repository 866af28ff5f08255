/** @file The rows that stand in the page, made, changed and taken away so that they are those of a range. */

import { MessageRow } from './message-row.js';
import { keyOf, settingOf } from './timeline-items.js';

/** @typedef {import('./timeline-items.js').Item} Item @typedef {import('./timeline-window.js').Range} Range */

export class TimelineRows {
    #container;
    #context;
    /** @type {Map<string, MessageRow>} */
    #rows = new Map();
    /** The one that Tab reaches. @type {string|null} */
    #stop = null;

    /** @param {HTMLElement} container @param {import('./message-row.js').RowContext} context */
    constructor(container, context) {
        this.#container = container;
        this.#context = context;
    }

    /** @param {ReadonlyArray<Item>} items @param {Range} range @param {string|null} newKey */
    render(items, { start, end }, newKey) {
        const wanted = new Set();
        for (let index = start; index < end; index += 1) wanted.add(keyOf(items[index]));
        const focused = this.#container.contains(document.activeElement) ? document.activeElement : null;
        const held = this.of(focused);
        let beside = held?.element.nextElementSibling ?? held?.element.previousElementSibling;
        for (const [key, row] of this.#rows) {
            if (wanted.has(key)) continue;
            if (row.element === beside) beside = row.element.nextElementSibling;
            row.element.remove();
            this.#rows.delete(key);
        }
        let next = this.#container.firstElementChild;
        for (let index = start; index < end; index += 1) {
            const row = this.#row(keyOf(items[index]));
            row.update(items[index], settingOf(items, index, newKey));
            if (row.element === next) next = next.nextElementSibling;
            else this.#container.insertBefore(row.element, next);
        }
        if (focused !== null && document.activeElement !== focused) giveFocus(focused, held?.article, beside?.querySelector('article.message'));
        this.#keepStop(end > start ? keyOf(items[end - 1]) : null);
    }

    /** @param {string} key */
    #row(key) {
        let row = this.#rows.get(key);
        if (!row) {
            row = new MessageRow(key, this.#context);
            this.#rows.set(key, row);
        }
        return row;
    }

    clear() {
        this.#rows.clear();
        this.#stop = null;
        this.#container.replaceChildren();
    }

    /** @param {string} key */
    get(key) {
        return this.#rows.get(key) ?? null;
    }

    /** @param {EventTarget|null} target @returns {MessageRow|null} the row in which an element stands */
    of(target) {
        const article = target instanceof Element ? target.closest('article.message') : null;
        return article instanceof HTMLElement ? this.get(article.dataset.key ?? '') : null;
    }

    /** The first row that is not wholly above `top` (px in the page). @param {number} top */
    firstBelow(top) {
        const all = this.#container.children;
        let low = 0;
        let high = all.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (all[middle].getBoundingClientRect().bottom <= top) low = middle + 1;
            else high = middle;
        }
        return low < all.length ? this.of(all[low].querySelector('article.message')) : null;
    }

    /** Makes a row the one that Tab reaches. @param {MessageRow} row */
    makeStop(row) {
        const before = this.#stop === null ? null : this.get(this.#stop);
        if (before) before.article.tabIndex = -1;
        row.article.tabIndex = 0;
        this.#stop = row.article.dataset.key ?? null;
    }

    /** The newest is the stop until a person has chosen another that is still there. @param {string|null} newest */
    #keepStop(newest) {
        const row = this.#stop === null ? null : this.get(this.#stop);
        const isChosen = row?.article.contains(document.activeElement) ?? false;
        if (isChosen || newest === null || newest === this.#stop) return;
        const last = this.get(newest);
        if (last) this.makeStop(last);
    }
}

/** A row that is moved loses the focus, a button goes with what it was for, and a row that is taken away with what it has: to the first that is still there. @param {...(Element|null|undefined)} candidates */
function giveFocus(...candidates) {
    const first = candidates.find((one) => one?.isConnected);
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
}
