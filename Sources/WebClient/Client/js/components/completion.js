/** @file What a word in a text field may become: a short list over it. The focus stays in the text; arrows, Enter and Tab, or a pointer choose. */

import { h } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';

/**
 * What the list is made of.
 * @template T
 * @typedef {object} Source
 * @property {string} label  of the list
 * @property {(text: string) => string} wordOf  the word at the caret, given the text before it; '' when it may become nothing
 * @property {(word: string) => T[]|Promise<T[]>} find  the best first
 * @property {(option: T) => Array<Node|string>} show
 * @property {(option: T) => string} choose  what takes the place of the word
 */

/** @template T */
export class Completion {
    #input;
    #replace;
    #source;
    /** Closed on purpose: it stays so until another word begins. */
    #isDismissed = false;
    /** @type {T[]} */
    #found = [];
    #at = 0;

    /**
     * @param {HTMLTextAreaElement} input  its parent also gets the list
     * @param {(from: number, to: number, text: string) => void} replace  puts a text in the place of a part
     * @param {Source<T>} source
     */
    constructor(input, replace, source) {
        this.#input = input;
        this.#replace = replace;
        this.#source = source;
        this.list = h('div.completion', { id: uniqueId('completion'), role: 'listbox', 'aria-label': source.label, hidden: true });
        // A press must not take the focus out of the text.
        this.list.addEventListener('pointerdown', (event) => event.preventDefault());
        input.after(this.list);
        input.addEventListener('blur', () => this.#close());
        input.addEventListener('pointerdown', () => this.#close());
    }

    /** The text has changed. */
    async look() {
        const word = this.#word();
        if (word === '') this.#isDismissed = false;
        if (word === '' || this.#isDismissed) return this.#close();
        const found = this.#source.find(word);
        const options = found instanceof Promise ? await found : found;
        // Meanwhile it may be another text: then that one's options are on their way.
        if (this.#word() === word && !this.#isDismissed) this.#show(options);
    }

    /** @param {KeyboardEvent} event  of the text @returns {boolean} whether it was meant for the list */
    pressed(event) {
        if (this.list.hidden || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
        const { length } = this.#found;
        if (event.key === 'ArrowDown') this.#select((this.#at + 1) % length);
        else if (event.key === 'ArrowUp') this.#select((this.#at + length - 1) % length);
        else if (event.key === 'Enter' || event.key === 'Tab') this.#choose(this.#at);
        else if (event.key === 'Escape') {
            this.#isDismissed = true;
            this.#close();
        } else {
            // The caret goes elsewhere.
            if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) this.#close();
            return false;
        }
        event.preventDefault();
        event.stopPropagation();
        return true;
    }

    #word() {
        const { value, selectionStart, selectionEnd } = this.#input;
        return selectionStart === selectionEnd ? this.#source.wordOf(value.slice(0, selectionEnd ?? 0)) : '';
    }

    /** @param {T[]} found */
    #show(found) {
        if (found.length === 0 || document.activeElement !== this.#input) return this.#close();
        this.#found = found;
        this.list.replaceChildren(...found.map((option, at) => h(
            'div.completion-option',
            { id: uniqueId('completion-option'), role: 'option', 'aria-selected': 'false', onclick: () => this.#choose(at) },
            this.#source.show(option),
        )));
        this.list.hidden = false;
        // Only while there is a list: otherwise it is a plain text field of several lines, and is spoken of as one.
        for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox', 'aria-expanded': 'true', 'aria-controls': this.list.id })) this.#input.setAttribute(name, value);
        this.#select(0);
    }

    /** @param {number} at */
    #select(at) {
        this.#at = at;
        [...this.list.children].forEach((option, index) => option.setAttribute('aria-selected', String(index === at)));
        const option = this.list.children[at];
        this.#input.setAttribute('aria-activedescendant', option.id);
        option.scrollIntoView({ block: 'nearest' });
    }

    /** @param {number} at */
    #choose(at) {
        const option = this.#found[at];
        const end = this.#input.selectionEnd ?? 0;
        const start = end - this.#word().length;
        this.#close();
        this.#replace(start, end, `${this.#source.choose(option)} `);
    }

    #close() {
        if (this.list.hidden) return;
        this.list.hidden = true;
        this.list.replaceChildren();
        for (const name of ['role', 'aria-autocomplete', 'aria-haspopup', 'aria-expanded', 'aria-controls', 'aria-activedescendant']) this.#input.removeAttribute(name);
    }
}
