/**
 * @file `<home-composer>`: where one writes to the conversation that the route names. Enter sends, Shift+Enter begins a line. What is
 * written is kept as a draft at every key. It sends `sent` when a message was handed over, and is never disabled: without a connection
 * the outbox keeps what is sent.
 */

import { button } from '../components/button.js';
import { onDemand, stylesheet } from '../components/on-demand.js';
import { t } from '../text/catalogue.js';
import { emojiWord } from '../text/emoji.js';
import { summary } from '../text/markdown.js';
import { mentionWord } from '../text/mentions.js';
import { roomFor, sendable } from '../text/message-limits.js';
import { h, icon } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { View } from '../ui/view.js';
import { shownConversation } from './conversation-shown.js';

/** @typedef {import('../store/types.js').Message} Message @typedef {import('../store/types.js').Conversation} Conversation */

/** From here on it is said how much room is left. */
const nearLimit = 400;

export class HomeComposer extends View {
    /** @type {Conversation|null} */
    #conversation = null;
    /** What is answered, by conversation. @type {Map<string, Message>} */
    #answered = new Map();
    /** What words may become, by their first character; null while it is being loaded, and where it cannot be had. @type {Map<string, import('../components/completion.js').Completion<any>|null>} */
    #completions = new Map();

    build() {
        const problemId = uniqueId('composer-problem');
        this.input = /** @type {HTMLTextAreaElement} */ (h('textarea', { rows: 1, dir: 'auto', enterkeyhint: 'send', autocapitalize: 'sentences', 'aria-describedby': problemId }));
        this.emoji = button({ label: t('composer.emoji'), icon: 'smile', kind: 'quiet', iconOnly: true, onclick: () => this.#pickEmoji() });
        this.emoji.setAttribute('aria-haspopup', 'dialog');
        this.submit = button({ label: t('composer.send'), icon: 'send', kind: 'primary', iconOnly: true, type: 'submit' });
        this.answer = h('div.composer-reply', { hidden: true });
        this.room = h('span.composer-room', { 'aria-hidden': 'true', hidden: true });
        this.problem = h('p.composer-problem', { id: problemId, role: 'alert' });
        this.form = h('form', null, this.answer, h('div.composer-box', null, this.input, this.room, this.emoji, this.submit), this.problem);
        this.append(this.form);
    }

    connected() {
        this.listen(this.form, 'submit', (event) => {
            event.preventDefault();
            this.#send();
        });
        this.listen(this.input, 'keydown', (event) => this.#pressed(event));
        this.listen(this.input, 'input', () => this.#written());
        this.watch(shownConversation, (conversation) => this.#show(conversation));
    }

    /** Whom a text means; a channel says how. @type {(text: string) => string[]} */
    mentionsIn = () => [];

    /** The next message answers this one. @param {Message} message */
    replyTo(message) {
        if (!this.#conversation) return;
        this.#answered.set(this.#conversation.address, message);
        this.#showAnswered();
        this.input.focus();
    }

    /** @param {Conversation|null} conversation */
    #show(conversation) {
        const before = this.#conversation;
        this.#conversation = conversation;
        if (!conversation) return;
        const isOther = before?.address !== conversation.address;
        const draftCame = before?.draft !== conversation.draft && conversation.draft !== this.input.value;
        if (isOther || before?.username !== conversation.username) {
            const label = t('composer.label', { name: conversation.communityId ? `#${conversation.username}` : conversation.username });
            this.input.setAttribute('aria-label', label);
            this.input.placeholder = label;
        }
        if (isOther) {
            this.problem.textContent = '';
            this.#showAnswered();
        }
        // A draft that was kept, or another tab's, comes in where nothing was written since.
        if (isOther || (draftCame && (document.activeElement !== this.input || this.input.value === before?.draft))) {
            this.input.value = conversation.draft;
            this.#measure();
        }
        if (isOther && matchMedia('(pointer: fine)').matches) this.input.focus({ preventScroll: true });
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        // While an input method composes, Enter chooses a word (229 is what some say instead of `isComposing`).
        if (event.isComposing || event.keyCode === 229 || [...this.#completions.values()].some((one) => one?.pressed(event))) return;
        if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
            event.preventDefault();
            this.#send();
        } else if (event.key === 'Escape' && this.#conversation && this.#answered.has(this.#conversation.address)) {
            event.preventDefault();
            event.stopPropagation();
            this.#forgetAnswered();
        }
    }

    #written() {
        this.problem.textContent = '';
        this.#measure();
        this.#complete();
        if (this.#conversation) this.home.actions.saveDraft(this.#conversation.address, this.input.value);
    }

    #send() {
        const conversation = this.#conversation;
        const text = sendable(this.input.value);
        if (!conversation || text === '') return;
        const room = roomFor(text);
        if (room < 0) {
            this.problem.textContent = t('composer.too-long', { count: -room });
            return;
        }
        const answered = this.#answered.get(conversation.address);
        const mentions = conversation.communityId ? this.mentionsIn(text) : [];
        this.home.actions.send(conversation.address, text, { mentions, ...(answered && { replyTo: answered.messageId }) });
        this.input.value = '';
        this.home.actions.saveDraft(conversation.address, '');
        this.#forgetAnswered();
        this.#measure();
        this.input.focus();
        this.dispatchEvent(new CustomEvent('sent', { bubbles: true }));
    }

    #forgetAnswered() {
        if (this.#conversation) this.#answered.delete(this.#conversation.address);
        this.#showAnswered();
    }

    #showAnswered() {
        const message = this.#conversation && this.#answered.get(this.#conversation.address);
        this.answer.hidden = !message;
        if (!message || !this.#conversation) return this.answer.replaceChildren();
        const name = message.own ? t('message.you') : message.fromUsername;
        this.answer.replaceChildren(
            icon('reply'),
            h('span.truncate', null, t('composer.replying', { name }), ' ', h('bdi.muted', null, summary(message.text, 120))),
            button({ label: t('composer.no-reply'), icon: 'close', kind: 'quiet', iconOnly: true, onclick: () => (this.#forgetAnswered(), this.input.focus()) }),
        );
    }

    /** As high as its lines, to the most that the style allows; the room when it becomes little. */
    #measure() {
        this.input.style.setProperty('block-size', 'auto');
        this.input.style.setProperty('block-size', `${this.input.scrollHeight}px`);
        const room = roomFor(this.input.value);
        this.room.hidden = room > nearLimit;
        this.room.textContent = String(room);
        this.room.classList.toggle('over', room < 0);
        this.toggleAttribute('data-empty', this.input.value.trim() === '');
    }

    async #pickEmoji() {
        this.emoji.busy = true;
        const loaded = await onDemand(this.home, async () => (await Promise.all([import('../emoji/emoji-picker.js'), stylesheet('emoji')]))[0]);
        await loaded?.part.openEmojiPicker({ anchor: this.emoji, onpick: (character) => this.#insert(character), onclose: () => this.input.focus() });
        this.emoji.busy = false;
    }

    /**
     * `:smi` may become an emoji, `@ali` in a channel somebody's name. What that needs is loaded with the first such word; where it cannot
     * be had, words stay words.
     */
    #complete() {
        const text = this.input.value.slice(0, this.input.selectionEnd ?? 0);
        if (emojiWord(text) !== '') this.#completes(':', async () => (await import('../emoji/emoji-source.js')).emojiSource());
        if (this.#conversation?.communityId && mentionWord(text) !== '') this.#completes('@', async () => (await import('./mention-source.js')).mentionSource(this.home));
        for (const one of this.#completions.values()) one?.look();
    }

    /** @param {string} sign @param {() => Promise<import('../components/completion.js').Source<any>>} load */
    async #completes(sign, load) {
        if (this.#completions.has(sign)) return;
        this.#completions.set(sign, null);
        try {
            const [{ Completion }, source] = await Promise.all([import('../components/completion.js'), load()]);
            const completion = new Completion(this.input, (from, to, text) => this.#put(text, from, to), source);
            this.#completions.set(sign, completion);
            completion.look();
        } catch {
            // It stays null.
        }
    }

    /** At the caret. @param {string} text */
    #insert(text) {
        const { selectionStart, selectionEnd, value } = this.input;
        this.#put(text, selectionStart ?? value.length, selectionEnd ?? value.length);
    }

    /** @param {string} text @param {number} from @param {number} to */
    #put(text, from, to) {
        this.input.setRangeText(text, from, to, 'end');
        this.#written();
    }
}
