/** @file One row of the timeline: the lines before it, and the message. A row changes only the parts that have become others. */

import { avatar } from '../components/avatar.js';
import { currentLocale, t } from '../text/catalogue.js';
import { dayText, fullText, timeText } from '../text/dates.js';
import { summary } from '../text/markdown.js';
import { h } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { stateElement } from './message-state.js';
import { messageText } from './message-text.js';
import { isOutgoing, isOwn } from './timeline-items.js';

/** @typedef {import('./timeline-items.js').Item} Item @typedef {import('./timeline-items.js').Setting} Setting */

/**
 * What rows need of the timeline.
 * @typedef {object} RowContext
 * @property {(mentions: ReadonlyArray<string>) => Array<{name: string, isMe: boolean}>} namesOf  how those are written that a message mentions
 * @property {(messageId: string) => Item|null} find
 * @property {() => number} now  ms
 * @property {(text: string) => void} copy
 * @property {(item: Item) => void} retry
 * @property {(item: Item) => void} remove
 * @property {(messageId: string) => void} show  goes to a message
 */

export class MessageRow {
    /** @type {Item|null} */
    item = null;
    #context;
    #day = '';
    /** @type {Setting|null} */
    #setting = null;
    /** @type {HTMLElement|null} */
    #state = null;
    /** @type {Item|null|undefined} */
    #answered = undefined;
    #content = h('div.message-content', null);
    #head = h('div.message-head', null);
    #textId = uniqueId('text');

    /** @param {string} key @param {RowContext} context */
    constructor(key, context) {
        this.#context = context;
        this.article = h('article.message', { tabindex: '-1', 'data-key': key }, this.#head, this.#content);
        this.element = h('div.row', null, this.article);
    }

    /** The message's own box: it is what scrolling holds on to, because lines above it come and go. */
    get anchor() {
        return this.#content;
    }

    /** @param {Item} item @param {Setting} setting */
    update(item, setting) {
        const before = this.item;
        const isSame = before === item;
        this.item = item;
        this.#updateLines(setting);
        if (!isSame && (before?.text !== item.text || isDeleted(before) !== isDeleted(item))) this.#updateText(item);
        if (!this.#setting || this.#setting.startsGroup !== setting.startsGroup || this.#setting.at !== setting.at) this.#updateHead(item, setting);
        if (setting.isOwn && (!isSame || this.#setting?.isSentAgain !== setting.isSentAgain)) this.#updateState(item, setting);
        if (item.replyTo && !isDeleted(item)) this.#updateAnswered(item.replyTo);
        this.#setting = setting;
    }

    /** @param {Setting} setting */
    #updateLines({ at, startsDay, startsNew }) {
        const day = startsDay ? dayText(at, this.#context.now(), currentLocale()) : '';
        if (day === this.#day && startsNew === Boolean(this.#setting?.startsNew)) return;
        this.#day = day;
        this.element.replaceChildren(
            ...(day ? [h('div.day-line', { role: 'separator', 'aria-label': day }, h('span', { 'aria-hidden': 'true' }, day))] : []),
            ...(startsNew ? [h('div.new-line', { role: 'separator', 'aria-label': t('timeline.new') }, h('span', { 'aria-hidden': 'true' }, t('timeline.new')))] : []),
            this.article,
        );
    }

    /** @param {Item} item */
    #updateText(item) {
        const names = item.mentions?.length ? this.#context.namesOf(item.mentions) : [];
        const text = isDeleted(item) ? h('p.message-text.muted', null, t('message.deleted')) : this.#textOf(item, names);
        text.id = this.#textId;
        this.article.classList.toggle('mentions-me', names.some(({ isMe }) => isMe) && !isOwn(item));
        this.#content.replaceChildren(text);
        this.#answered = undefined;
        this.#state = null;
    }

    /** Whatever is wrong with one text must not keep the others from being shown. @param {Item} item @param {Array<{name: string, isMe: boolean}>} names */
    #textOf(item, names) {
        try {
            return messageText(item.text, this.#context.copy, names);
        } catch (error) {
            reportError(error);
            return h('p.message-text', null, item.text);
        }
    }

    /** @param {Item} item @param {Setting} setting */
    #updateHead(item, setting) {
        const { at, isOwn, startsGroup } = setting;
        const { fromAddress: address = '', fromUsername: username = '' } = /** @type {Partial<import('../store/types.js').Message>} */ (item);
        const locale = currentLocale();
        const name = h('bdi.message-author', { id: uniqueId('author') }, isOwn ? t('message.you') : username);
        const time = h('time.message-time', { id: uniqueId('time'), datetime: new Date(at).toISOString(), title: fullText(at, locale) }, timeText(at, locale));
        this.article.classList.toggle('own', isOwn);
        this.article.classList.toggle('starts-group', startsGroup);
        // The side says whose one's own are.
        name.classList.toggle('visually-hidden', isOwn || !startsGroup);
        this.#head.replaceChildren(...(startsGroup && !isOwn ? [avatar({ address, username, size: 'small' })] : []), name, time);
        this.article.setAttribute('aria-labelledby', `${name.id} ${this.#textId} ${time.id}`);
    }

    /** @param {Item} item @param {Setting} setting */
    #updateState(item, { isSentAgain }) {
        const state = stateElement(item, isSentAgain, this.#context);
        if (this.#state) this.#state.replaceWith(state);
        else this.#content.append(state);
        this.#state = state;
        this.article.dataset.state = state.dataset.state;
    }

    /** @param {string} messageId */
    #updateAnswered(messageId) {
        const answered = this.#context.find(messageId);
        if (answered === this.#answered) return;
        this.#answered = answered;
        const author = !answered ? '' : isOwn(answered) ? t('message.you') : /** @type {import('../store/types.js').Message} */ (answered).fromUsername;
        const quote = answered
            ? h('button.message-quote', { type: 'button', 'aria-label': t('message.answers', { name: author }), onclick: () => this.#context.show(messageId) },
                h('bdi.message-author', null, author), h('bdi.truncate', null, isDeleted(answered) ? t('message.deleted') : summary(answered.text, 120)))
            : h('div.message-quote', null, h('span.truncate', null, t('message.answers-older')));
        this.#content.querySelector('.message-quote')?.remove();
        this.#content.prepend(quote);
    }
}

/** @param {Item|null} item */
const isDeleted = (item) => item !== null && !isOutgoing(item) && item.deleted;
