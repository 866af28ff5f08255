/**
 * @file A grid of emoji in sections. The buttons of a section are made when it comes near the window, so that it opens at once; until then
 * the section has the height that it will have.
 */

import { h } from '../ui/dom.js';

/** @typedef {import('../text/emoji.js').Emoji} Emoji @typedef {{id: string, title: string, emoji: Emoji[]}} Section */

export const columns = 8;

export class EmojiGrid {
    element = h('div.emoji-grid', { role: 'group' });
    #options;
    /** @type {Array<Section & {element: HTMLElement, cells: HTMLElement, isFilled: boolean}>} */
    #sections = [];
    #observer;

    /** @param {{name: (emoji: Emoji) => string, character: (emoji: Emoji) => string, pick: (character: string) => void}} options */
    constructor(options) {
        this.#options = options;
        this.#observer = new IntersectionObserver((entries) => this.#near(entries), { root: this.element, rootMargin: '200px 0px' });
        this.element.addEventListener('keydown', (event) => this.#pressed(event));
        this.element.addEventListener('click', (event) => {
            const cell = /** @type {HTMLElement} */ (event.target).closest('.emoji-cell');
            if (cell?.textContent) this.#options.pick(cell.textContent);
        });
    }

    /** @param {Section[]} sections */
    show(sections) {
        this.#observer.disconnect();
        this.#sections = sections.map((section) => {
            const cells = h('div.emoji-cells', null);
            cells.style.setProperty('--rows', String(Math.ceil(section.emoji.length / columns)));
            const element = h('section', { 'data-group': section.id, 'aria-label': section.title || null }, section.title && h('h3', null, section.title), cells);
            return { ...section, element, cells, isFilled: false };
        });
        this.element.replaceChildren(...this.#sections.map(({ element }) => element));
        this.element.scrollTop = 0;
        if (this.#sections[0]) this.#fill(this.#sections[0]);
        for (const { element } of this.#sections) this.#observer.observe(element);
        this.#makeStop(this.#cells()[0]);
    }

    /** Another skin tone. */
    refresh() {
        for (const section of this.#sections) {
            if (!section.isFilled) continue;
            section.isFilled = false;
            this.#fill(section);
        }
        this.#makeStop(this.#cells()[0]);
    }

    /** @param {string} id */
    scrollTo(id) {
        const section = this.#sections.find((one) => one.id === id);
        if (!section) return;
        this.#fill(section);
        this.element.scrollTop = section.element.offsetTop - this.element.offsetTop;
        const first = section.cells.firstElementChild;
        if (first instanceof HTMLElement) this.#makeStop(first);
    }

    focusFirst() {
        this.#cells()[0]?.focus();
    }

    pickFirst() {
        const first = this.#cells()[0];
        if (first?.textContent) this.#options.pick(first.textContent);
    }

    /** @param {IntersectionObserverEntry[]} entries */
    #near(entries) {
        for (const entry of entries) {
            const section = this.#sections.find(({ element }) => element === entry.target);
            if (entry.isIntersecting && section) this.#fill(section);
        }
    }

    /** @param {{emoji: Emoji[], cells: HTMLElement, isFilled: boolean}} section */
    #fill(section) {
        if (section.isFilled) return;
        section.isFilled = true;
        section.cells.replaceChildren(...section.emoji.map((emoji) => {
            const name = this.#options.name(emoji);
            return h('button.emoji-cell', { type: 'button', tabindex: '-1', 'aria-label': name, title: name }, this.#options.character(emoji));
        }));
    }

    #cells() {
        return /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll('.emoji-cell')]);
    }

    /** @param {HTMLElement|undefined} cell */
    #makeStop(cell) {
        for (const one of this.element.querySelectorAll('.emoji-cell[tabindex="0"]')) /** @type {HTMLElement} */ (one).tabIndex = -1;
        if (cell) cell.tabIndex = 0;
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        const cell = /** @type {HTMLElement} */ (event.target);
        if (!cell.classList.contains('emoji-cell')) return;
        const forward = getComputedStyle(cell).direction === 'rtl' ? -1 : 1;
        const steps = { ArrowRight: forward, ArrowLeft: -forward, Home: -Infinity, End: Infinity };
        const vertical = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const step = steps[/** @type {keyof typeof steps} */ (event.key)];
        const next = vertical ? this.#inNextRow(cell, vertical) : step ? this.#beside(cell, step) : null;
        if (!vertical && !step) return;
        event.preventDefault();
        if (!next) return;
        this.#makeStop(next);
        next.focus();
        next.scrollIntoView({ block: 'nearest' });
    }

    /** @param {HTMLElement} cell @param {number} step */
    #beside(cell, step) {
        this.#fillAround(cell);
        const all = this.#cells();
        return all[Math.max(0, Math.min(all.length - 1, all.indexOf(cell) + step))];
    }

    /** The cell below or above: rows of different sections have different lengths, so it is looked for by where it stands. @param {HTMLElement} cell @param {number} direction */
    #inNextRow(cell, direction) {
        this.#fillAround(cell);
        const { left, top } = cell.getBoundingClientRect();
        const others = this.#cells().map((one) => ({ one, box: one.getBoundingClientRect() })).filter(({ box }) => (box.top - top) * direction > 4);
        const nearest = Math.min(...others.map(({ box }) => Math.abs(box.top - top)));
        const row = others.filter(({ box }) => Math.abs(Math.abs(box.top - top) - nearest) < 4);
        return row.sort((a, b) => Math.abs(a.box.left - left) - Math.abs(b.box.left - left))[0]?.one ?? null;
    }

    /** @param {HTMLElement} cell */
    #fillAround(cell) {
        const at = this.#sections.findIndex(({ element }) => element.contains(cell));
        for (const section of this.#sections.slice(Math.max(0, at - 1), at + 2)) this.#fill(section);
    }
}
