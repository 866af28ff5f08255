/**
 * @file The place where one reads. What is in the middle of the window stays where it is when rows come or go above it, or when the
 * window changes its size; at the end one stays at the end. `overflow-anchor` of the browser is off: two that hold would pull.
 */

/** So near (px) to the end counts as the end. */
const nearEnd = 24;

export class TimelineScroll {
    #scroller;
    #rows;
    #sticks = true;
    /** @type {import('../store/types.js').Place|null} */
    #held = null;
    /** The sizes when it was last put in its place. */
    #sizes = '';

    /** @param {HTMLElement} scroller @param {import('./timeline-rows.js').TimelineRows} rows */
    constructor(scroller, rows) {
        this.#scroller = scroller;
        this.#rows = rows;
    }

    /** Whether one is at the end of what is in the page and new rows come into view. */
    get sticks() {
        return this.#sticks;
    }

    get above() {
        return this.#scroller.scrollTop;
    }

    get below() {
        const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
        return scrollHeight - scrollTop - clientHeight;
    }

    get height() {
        return this.#scroller.clientHeight;
    }

    /**
     * After the place has changed. A browser also moves it by itself when sizes change, before anybody hears of the new sizes: that is
     * nobody's wish to leave the end.
     * @param {boolean} isNewest  the end of the page's rows is the end of the conversation
     */
    note(isNewest) {
        if (this.#sticks && this.#sizes !== this.#currentSizes) return this.toEnd();
        this.#sticks = isNewest && this.below <= nearEnd;
        this.#remember();
    }

    /** Changes the rows and stays. @param {() => void} change */
    hold(change) {
        // At the very top there was perhaps no room to put it back after the last change: that place still counts.
        const isOwed = this.above === 0 && this.#held !== null && this.#rows.get(this.#held.key) !== null;
        if (!this.#sticks && !isOwed) this.#remember();
        change();
        this.restore();
    }

    /** The window or the rows have another size. */
    restore() {
        if (this.#sticks) this.toEnd();
        else this.#return();
    }

    toEnd() {
        this.#sticks = true;
        this.#scroller.scrollTop = this.#scroller.scrollHeight;
        this.#sizes = this.#currentSizes;
    }

    get #currentSizes() {
        return `${this.#scroller.scrollHeight} ${this.#scroller.clientHeight}`;
    }

    /** Where one reads, or null at the end. */
    get place() {
        return this.#sticks ? null : this.#held;
    }

    /** @param {import('../store/types.js').Place} place  its row is in the page */
    toPlace(place) {
        this.#sticks = false;
        this.#held = place;
        this.#return();
    }

    /** Puts a row at a part of the window's height. @param {import('./message-row.js').MessageRow} row @param {number} part */
    toRow(row, part) {
        this.#sticks = false;
        const { top } = this.#scroller.getBoundingClientRect();
        this.#scroller.scrollTop += row.anchor.getBoundingClientRect().top - top - this.height * part;
        this.#remember();
    }

    #remember() {
        const { top } = this.#scroller.getBoundingClientRect();
        const row = this.#rows.firstBelow(top + 1);
        this.#held = row && { key: row.article.dataset.key ?? '', offset: row.anchor.getBoundingClientRect().top - top };
    }

    #return() {
        const row = this.#held && this.#rows.get(this.#held.key);
        if (!row || !this.#held) return;
        const { top } = this.#scroller.getBoundingClientRect();
        const shift = row.anchor.getBoundingClientRect().top - top - this.#held.offset;
        if (Math.abs(shift) >= 0.5) this.#scroller.scrollTop += shift;
    }
}
