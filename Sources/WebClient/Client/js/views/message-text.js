/** @file A message's text as elements, built from the tree of text/markdown.js: nothing of it is ever read as markup. */

import { button } from '../components/button.js';
import { t } from '../text/catalogue.js';
import { isEmojiOnly } from '../text/emoji.js';
import { parse } from '../text/markdown.js';
import { mentionPattern } from '../text/mentions.js';
import { h } from '../ui/dom.js';

/** @typedef {import('../text/markdown.js').Block} Block @typedef {import('../text/markdown.js').Inline} Inline */

const manyLines = 40;
const manyCharacters = 2400;

/**
 * @param {string} text
 * @param {(text: string) => void} oncopy  a code block is to be copied
 * @param {Array<{name: string, isMe: boolean}>} [names]  of those that it mentions: they stand out where they are written
 * @returns {HTMLElement}  long ones are folded, with a button that shows the rest
 */
export function messageText(text, oncopy, names = []) {
    if (isEmojiOnly(text)) return h('div.message-text.only-emoji', { dir: 'auto' }, h('p', null, text));
    const element = h('div.message-text', { dir: 'auto' }, parse(text).map((block) => blockElement(block, oncopy, mentionsIn(names))));
    if (text.length < manyCharacters && text.split('\n', manyLines).length < manyLines) return element;
    return folded(element);
}

/** @param {HTMLElement} element */
function folded(element) {
    element.classList.add('folded');
    const more = button({
        label: t('message.show-all'),
        kind: 'quiet',
        onclick: () => {
            element.classList.remove('folded');
            more.remove();
        },
    });
    more.classList.add('show-all');
    const wrapper = h('div.message-fold', null, element, more);
    return wrapper;
}

/** @typedef {(text: string) => Array<Node|string>} WithMentions  a text with the names in it that stand out */

/** @param {Block} block @param {(text: string) => void} oncopy @param {WithMentions} withMentions @returns {HTMLElement} */
function blockElement(block, oncopy, withMentions) {
    const inlineNode = (/** @type {Inline} */ node) => inlineNodes(node, withMentions);
    switch (block.type) {
        case 'paragraph': return h('p', { dir: 'auto' }, block.children.map(inlineNode));
        case 'quote': return h('blockquote', null, block.children.map((child) => blockElement(child, oncopy, withMentions)));
        case 'list': {
            const items = block.items.map((item) => h('li', null, item.map((child) => blockElement(child, oncopy, withMentions))));
            return block.start === null ? h('ul', null, items) : h('ol', { start: block.start }, items);
        }
        case 'code': return codeBlock(block, oncopy);
    }
}

/** @param {{language: string, text: string}} block @param {(text: string) => void} oncopy */
function codeBlock({ language, text }, oncopy) {
    const label = language || t('message.code');
    return h(
        'figure.code',
        { dir: 'ltr' },
        h('figcaption', null, h('span.truncate', null, label), button({ label: t('message.copy-code'), icon: 'copy', kind: 'quiet', iconOnly: true, onclick: () => oncopy(text) })),
        h('pre', { tabindex: '0', role: 'region', 'aria-label': t('message.code-in', { language: label }) }, h('code', null, text)),
    );
}

/** @param {Inline} node @param {WithMentions} withMentions @returns {Node|string|Array<Node|string>} */
function inlineNodes(node, withMentions) {
    const inlineNode = (/** @type {Inline} */ child) => inlineNodes(child, withMentions);
    switch (node.type) {
        case 'text': return withMentions(node.text);
        case 'break': return h('br', null);
        case 'code': return h('code', null, node.text);
        case 'strong': return h('strong', null, node.children.map(inlineNode));
        case 'emphasis': return h('em', null, node.children.map(inlineNode));
        case 'struck': return h('s', null, node.children.map(inlineNode));
        case 'link': return h(
            'a',
            { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow', title: t('message.link-to', { place: node.place }) },
            h('bdi', null, node.children.map(inlineNode)),
        );
    }
}

/** @param {Array<{name: string, isMe: boolean}>} names @returns {WithMentions} */
function mentionsIn(names) {
    const pattern = mentionPattern(names.map(({ name }) => name));
    if (!pattern) return (text) => [text];
    const mine = new Set(names.filter(({ isMe }) => isMe).map(({ name }) => name.toLowerCase()));
    return (text) => text.split(pattern).map((part, index) => {
        if (index % 2 === 0) return part;
        return h(mine.has(part.slice(1).toLowerCase()) ? 'strong.mention.me' : 'span.mention', null, h('bdi', null, part));
    });
}
