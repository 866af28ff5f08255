/**
 * @file A message's text as a tree of blocks. It never fails: what is no form is text. Linear in the length; quotes and lists nest at
 * most four deep, deeper markers stay text.
 */

import { parseInline, textOf } from './markdown-inline.js';

/**
 * @typedef {import('./markdown-inline.js').Inline} Inline
 * @typedef {{type: 'paragraph', children: Inline[]} | {type: 'code', language: string, text: string}
 *   | {type: 'quote', children: Block[]} | {type: 'list', start: number|null, items: Block[][]}} Block  `start` is null without numbers
 */

const deepest = 4;
const fence = /^ {0,3}```([^`]*)$/;
const fenceEnd = /^ {0,3}```\s*$/;
const quoted = /^ {0,3}> ?/;
const bullet = /^ {0,3}([-*]|\d{1,3}[.)]) (?=\s*\S)/;

/** @param {string} text @returns {Block[]} */
export function parse(text) {
    return blocks(text.replace(/\r\n?/g, '\n').split('\n'), 0);
}

/** @param {string[]} lines @param {number} depth @returns {Block[]} */
function blocks(lines, depth) {
    /** @type {Block[]} */
    const found = [];
    /** @type {string[]} */
    let paragraph = [];
    const flush = () => {
        if (paragraph.length) found.push({ type: 'paragraph', children: parseInline(paragraph.join('\n')) });
        paragraph = [];
    };
    let index = 0;
    while (index < lines.length) {
        const special = blockAt(lines, index, depth);
        if (special) {
            flush();
            found.push(special.block);
            index = special.next;
        } else {
            if (lines[index].trim() === '') flush();
            else paragraph.push(lines[index]);
            index += 1;
        }
    }
    flush();
    return found;
}

/** @param {string[]} lines @param {number} index @param {number} depth @returns {{block: Block, next: number}|null} */
function blockAt(lines, index, depth) {
    const opened = fence.exec(lines[index]);
    if (opened) return codeAt(lines, index, opened[1]);
    if (depth >= deepest) return null;
    if (quoted.test(lines[index])) return quoteAt(lines, index, depth);
    if (bullet.test(lines[index])) return listAt(lines, index, depth);
    return null;
}

/** @param {string[]} lines @param {number} index @param {string} info @returns {{block: Block, next: number}} */
function codeAt(lines, index, info) {
    let end = index + 1;
    while (end < lines.length && !fenceEnd.test(lines[end])) end += 1;
    const language = /^[\p{L}\p{N}+#._-]{1,24}/u.exec(info.trim())?.[0] ?? '';
    return { block: { type: 'code', language, text: lines.slice(index + 1, end).join('\n') }, next: end + 1 };
}

/** @param {string[]} lines @param {number} index @param {number} depth @returns {{block: Block, next: number}} */
function quoteAt(lines, index, depth) {
    let end = index;
    while (end < lines.length && quoted.test(lines[end])) end += 1;
    const inside = lines.slice(index, end).map((line) => line.replace(quoted, ''));
    return { block: { type: 'quote', children: blocks(inside, depth + 1) }, next: end };
}

/** Items of one list follow each other; what is indented by two or more belongs to the item before it. @param {string[]} lines @param {number} index @param {number} depth @returns {{block: Block, next: number}} */
function listAt(lines, index, depth) {
    const isNumbered = /\d/.test(bullet.exec(lines[index])[1]);
    /** @type {string[][]} */
    const items = [];
    let end = index;
    for (; end < lines.length; end += 1) {
        const match = bullet.exec(lines[end]);
        const isIndented = items.length > 0 && /^ {2,}\S/.test(lines[end]);
        if (isIndented) items[items.length - 1].push(lines[end].replace(/^ {2,3}/, ''));
        else if (match && /\d/.test(match[1]) === isNumbered) items.push([lines[end].slice(match[0].length)]);
        else break;
    }
    const start = isNumbered ? Number.parseInt(bullet.exec(lines[index])[1], 10) : null;
    return { block: { type: 'list', start, items: items.map((item) => blocks(item, depth + 1)) }, next: end };
}

/**
 * A message in one line without its form, for lists, quotations and what is read aloud.
 * @param {string} text @param {number} [most]  characters
 */
export function summary(text, most = 160) {
    const line = parse(text.slice(0, most * 4)).map(lineOf).join(' ').replace(/\s+/gu, ' ').trim();
    const characters = [...line];
    return characters.length > most ? `${characters.slice(0, most).join('')}…` : line;
}

/** @param {Block} block @returns {string} */
function lineOf(block) {
    switch (block.type) {
        case 'paragraph': return textOf(block.children);
        case 'code': return block.text;
        case 'quote': return block.children.map(lineOf).join(' ');
        case 'list': return block.items.map((item) => item.map(lineOf).join(' ')).join(' ');
    }
}
