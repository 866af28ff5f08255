/** @file The emoji picker: a dialog beside its button with a search, groups, skin tones and a grid that the arrow keys walk. */

import { button } from '../components/button.js';
import { currentLanguage, t } from '../text/catalogue.js';
import { searchEmoji, tones, withTone } from '../text/emoji.js';
import { h } from '../ui/dom.js';
import { EmojiGrid } from './emoji-grid.js';
import { loadEmoji, recentEmoji, rememberEmoji, rememberSkinTone, skinTone } from './emoji-data.js';

/** @typedef {import('../text/emoji.js').Emoji} Emoji */

/** What stands for a group in the row of groups. @type {Record<string, string>} */
const signs = {
    recent: '🕘', 'smileys-emotion': '😀', 'people-body': '👋', 'animals-nature': '🐻', 'food-drink': '🍎', 'travel-places': '🚗', activities: '⚽', objects: '💡', symbols: '❤️', flags: '🏁',
};

/**
 * @param {object} options
 * @param {HTMLElement} options.anchor  it opens beside this
 * @param {(character: string) => void} options.onpick
 * @param {() => void} options.onclose
 */
export async function openEmojiPicker({ anchor, onpick, onclose }) {
    const picker = new EmojiPicker(onpick, onclose);
    picker.open(anchor);
    await picker.fill();
}

class EmojiPicker {
    #onpick;
    #tone = skinTone();
    /** @type {Awaited<ReturnType<typeof loadEmoji>>|null} */
    #loaded = null;

    /** @param {(character: string) => void} onpick @param {() => void} onclose */
    constructor(onpick, onclose) {
        this.#onpick = onpick;
        this.search = /** @type {HTMLInputElement} */ (h('input', { type: 'search', 'aria-label': t('emoji.search'), placeholder: t('emoji.search'), autocomplete: 'off', spellcheck: 'false', maxlength: 64 }));
        this.grid = new EmojiGrid({ name: nameOf, character: (emoji) => withTone(emoji, this.#tone), pick: (character) => this.#pick(character) });
        this.groups = h('div.emoji-groups', { role: 'toolbar', 'aria-label': t('emoji.groups') });
        this.status = h('p.emoji-status', { role: 'status' }, t('emoji.loading'));
        this.dialog = /** @type {HTMLDialogElement} */ (h(
            'dialog.emoji-picker',
            { 'aria-label': t('composer.emoji') },
            h('div.emoji-search', null, this.search, this.#toneButton()),
            this.groups,
            this.status,
            this.grid.element,
        ));
        this.search.addEventListener('input', () => this.#showFound());
        this.search.addEventListener('keydown', (event) => this.#searchKey(event));
        this.dialog.addEventListener('click', (event) => event.target === this.dialog && this.dialog.close());
        this.dialog.addEventListener('close', () => {
            this.dialog.remove();
            onclose();
        });
    }

    /** @param {HTMLElement} anchor */
    open(anchor) {
        (document.querySelector('home-app') ?? document.body).append(this.dialog);
        this.dialog.showModal();
        place(this.dialog, anchor);
        this.search.focus();
    }

    async fill() {
        try {
            this.#loaded = await loadEmoji();
        } catch (error) {
            this.status.textContent = t('emoji.failed', { reason: error instanceof Error ? error.message : String(error) });
            return;
        }
        this.#showGroups();
    }

    #showGroups() {
        if (!this.#loaded) return;
        const { groups } = this.#loaded.data;
        const all = groups.flatMap((group) => group.emoji);
        const known = new Map(all.map((emoji) => [emoji[0], emoji]));
        const recent = recentEmoji().map((character) => known.get(character) ?? /** @type {Emoji} */ ([character, '', '', '', '']));
        const shown = [...(recent.length > 0 ? [{ id: 'recent', emoji: recent }] : []), ...groups];
        this.status.textContent = '';
        this.grid.show(shown.map(({ id, emoji }) => ({ id, title: t(`emoji.group-${id}`), emoji })));
        this.groups.hidden = false;
        this.groups.replaceChildren(...shown.map(({ id }) => {
            const label = t(`emoji.group-${id}`);
            return h('button', { type: 'button', 'aria-label': label, title: label, onclick: () => this.grid.scrollTo(id) }, signs[id] ?? '•');
        }));
    }

    #showFound() {
        if (!this.#loaded) return;
        if (this.search.value.trim() === '') return this.#showGroups();
        const found = searchEmoji(this.#loaded.index, this.search.value);
        this.groups.hidden = true;
        this.status.textContent = found.length === 0 ? t('emoji.none') : t('emoji.found', { count: found.length });
        this.grid.show([{ id: 'found', title: '', emoji: found }]);
    }

    /** @param {KeyboardEvent} event */
    #searchKey(event) {
        if (event.isComposing) return;
        if (event.key === 'ArrowDown') this.grid.focusFirst();
        else if (event.key === 'Enter' && this.search.value.trim() !== '') this.grid.pickFirst();
        else return;
        event.preventDefault();
    }

    #toneButton() {
        const show = () => `✋${tones[this.#tone]}`;
        const label = () => t('emoji.tone', { tone: t(`emoji.tone-${this.#tone}`) });
        const tone = button({ label: label(), kind: 'quiet', iconOnly: true });
        const sign = h('span', { 'aria-hidden': 'true' }, show());
        tone.append(sign);
        tone.addEventListener('click', () => {
            this.#tone = (this.#tone + 1) % tones.length;
            rememberSkinTone(this.#tone);
            sign.textContent = show();
            tone.title = label();
            tone.setAttribute('aria-label', label());
            this.grid.refresh();
        });
        return tone;
    }

    /** @param {string} character */
    #pick(character) {
        rememberEmoji(character);
        this.dialog.close();
        this.#onpick(character);
    }
}

/** @param {Emoji} emoji */
function nameOf([character, english, , german]) {
    return (currentLanguage() === 'de' ? german : english) || character;
}

/** Above the button and within the window. @param {HTMLElement} dialog @param {HTMLElement} anchor */
function place(dialog, anchor) {
    const gap = 8;
    const at = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = dialog;
    dialog.style.setProperty('left', `${Math.max(gap, Math.min(at.right - width, innerWidth - width - gap))}px`);
    dialog.style.setProperty('top', `${Math.max(gap, Math.min(at.top - height - gap, innerHeight - height - gap))}px`);
}
