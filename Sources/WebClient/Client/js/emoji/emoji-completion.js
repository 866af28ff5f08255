/** @file What `:smi` in the composer may become: a short list over it. The focus stays in the text; arrows, Enter and Tab, or a pointer choose. */

import { currentLanguage, t } from '../text/catalogue.js';
import { emojiWord, searchEmoji, withTone } from '../text/emoji.js';
import { h } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { loadEmoji, rememberEmoji, skinTone } from './emoji-data.js';

/** @typedef {import('../text/emoji.js').Emoji} Emoji */

const most = 7;

export class EmojiCompletion {
    #input;
    #replace;
    /** @type {Awaited<ReturnType<typeof loadEmoji>>['index']|null} */
    #index = null;
    /** The homeserver has no emoji, or they could not be had: the words stay words. */
    #isWithout = false;
    /** Closed on purpose: it stays so until another word begins. */
    #isDismissed = false;
    /** @type {Emoji[]} */
    #found = [];
    #at = 0;

    /**
     * @param {HTMLTextAreaElement} input  its parent also gets the list
     * @param {(from: number, to: number, text: string) => void} replace  puts a text in the place of a part
     */
    constructor(input, replace) {
        this.#input = input;
        this.#replace = replace;
        this.list = h('div.emoji-completion', { id: uniqueId('emoji-completion'), role: 'listbox', 'aria-label': t('composer.emoji'), hidden: true });
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
        if (word === '' || this.#isDismissed || this.#isWithout) return this.#close();
        if (this.#index) return this.#show(searchEmoji(this.#index, word, most));
        try {
            this.#index = (await loadEmoji()).index;
        } catch {
            this.#isWithout = true;
        }
        // Meanwhile it is another text.
        return this.look();
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
        return selectionStart === selectionEnd ? emojiWord(value.slice(0, selectionEnd ?? 0)) : '';
    }

    /** @param {Emoji[]} found */
    #show(found) {
        if (found.length === 0 || document.activeElement !== this.#input) return this.#close();
        this.#found = found;
        this.list.replaceChildren(...found.map((emoji, at) => h(
            'div.emoji-completion-option',
            { id: uniqueId('emoji'), role: 'option', 'aria-selected': 'false', onclick: () => this.#choose(at) },
            h('span', { 'aria-hidden': 'true' }, withTone(emoji, skinTone())),
            h('span.truncate', null, (currentLanguage() === 'de' ? emoji[3] : emoji[1]) || emoji[0]),
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
        const emoji = this.#found[at];
        const end = this.#input.selectionEnd ?? 0;
        const start = end - this.#word().length;
        this.#close();
        rememberEmoji(withTone(emoji, skinTone()));
        this.#replace(start, end, `${withTone(emoji, skinTone())} `);
    }

    #close() {
        if (this.list.hidden) return;
        this.list.hidden = true;
        this.list.replaceChildren();
        for (const name of ['role', 'aria-autocomplete', 'aria-haspopup', 'aria-expanded', 'aria-controls', 'aria-activedescendant']) this.#input.removeAttribute(name);
    }
}
