/**
 * @file The inside of a paragraph: **strong**, *emphasis*, ~~struck~~, `code`, links and line breaks. One walk over the text with a
 * stack of what is open. Each kind is open at most once, so the depth is bounded by their number, and each character is looked at a
 * bounded number of times.
 */

import { endOfBareLink, isMisleading, safeLink } from './links.js';

/**
 * @typedef {{type: 'text', text: string} | {type: 'code', text: string} | {type: 'break'}
 *   | {type: 'strong'|'emphasis'|'struck', children: Inline[]} | {type: 'link', href: string, place: string, children: Inline[]}} Inline
 */

const markers = { strong: '**', emphasis: '*', struck: '~~', link: '[' };
const special = /[\\`*~[\]\nhHmM]/g;
const isBlank = (/** @type {string|undefined} */ character) => character === undefined || /\s/u.test(character);
const isWord = (/** @type {string|undefined} */ character) => character !== undefined && /[\p{L}\p{N}]/u.test(character);

/** @param {string} text @returns {Inline[]} */
export function parseInline(text) {
    return new InlineParser(text).parse();
}

class InlineParser {
    #text;
    #at = 0;
    #stack = [{ kind: 'root', start: 0, children: /** @type {Inline[]} */ ([]) }];
    #open = new Set();
    #ticks = new TickRuns();
    #closing = -1;

    /** @param {string} text */
    constructor(text) {
        this.#text = text;
    }

    parse() {
        const text = this.#text;
        while (this.#at < text.length) {
            special.lastIndex = this.#at;
            const next = special.exec(text)?.index ?? text.length;
            this.#say(text.slice(this.#at, next));
            this.#at = next;
            if (next < text.length) this.#take(text[next]);
        }
        while (this.#stack.length > 1) this.#dissolve();
        return this.#stack[0].children;
    }

    /** @param {string} character */
    #take(character) {
        switch (character) {
            case '\n':
                this.#top.push({ type: 'break' });
                this.#at += 1;
                break;
            case '\\': return this.#escape();
            case '`': return this.#code();
            case '*': return this.#stars();
            case '~': return this.#tildes();
            case '[':
                if (this.#open.has('link')) this.#dissolveTo('link');
                return this.#begin('link', 1);
            case ']': return this.#endLink();
            default: return this.#bareLink();
        }
    }

    get #top() {
        return this.#stack[this.#stack.length - 1].children;
    }

    /** @param {string} text */
    #say(text) {
        if (text === '') return;
        const last = this.#top[this.#top.length - 1];
        if (last?.type === 'text') last.text += text;
        else this.#top.push({ type: 'text', text });
    }

    /** Takes the next `count` characters as they stand. @param {number} count */
    #literal(count) {
        this.#say(this.#text.slice(this.#at, this.#at + count));
        this.#at += count;
    }

    #escape() {
        const next = this.#text[this.#at + 1];
        if (next === undefined || !/[\\`*~[\]()>#.!_-]/.test(next)) return this.#literal(1);
        this.#say(next);
        this.#at += 2;
    }

    #code() {
        const length = runLength(this.#text, this.#at, '`');
        const end = this.#ticks.next(this.#text, this.#at + length, length);
        if (end === -1) return this.#literal(length);
        let inside = this.#text.slice(this.#at + length, end).replaceAll('\n', ' ');
        if (/^ .*[^ ].* $/.test(inside)) inside = inside.slice(1, -1);
        this.#top.push({ type: 'code', text: inside });
        this.#at = end + length;
    }

    #stars() {
        const length = runLength(this.#text, this.#at, '*');
        const mayOpen = !isBlank(this.#text[this.#at + length]);
        const mayClose = !isBlank(this.#text[this.#at - 1]);
        if (length > 3) return this.#literal(length);
        let left = length;
        while (left > 0 && mayClose) {
            const kind = this.#closedBy(left);
            if (kind === null) break;
            this.#end(kind);
            left -= markers[kind].length;
        }
        if (left >= 2 && mayOpen && !this.#open.has('strong')) {
            this.#begin('strong', 2);
            left -= 2;
        }
        if (left === 1 && mayOpen && !this.#open.has('emphasis')) {
            this.#begin('emphasis', 1);
            left -= 1;
        }
        this.#literal(left);
    }

    #tildes() {
        const length = runLength(this.#text, this.#at, '~');
        if (length !== 2) return this.#literal(length);
        if (this.#open.has('struck') && !isBlank(this.#text[this.#at - 1])) return this.#end('struck');
        if (!this.#open.has('struck') && !isBlank(this.#text[this.#at + 2])) return this.#begin('struck', 2);
        this.#literal(2);
    }

    /** What a run of stars closes: three of them the innermost first. @param {number} stars @returns {'strong'|'emphasis'|null} */
    #closedBy(stars) {
        const isStrong = stars >= 2 && this.#open.has('strong');
        const isEmphasis = this.#open.has('emphasis');
        if (isStrong && isEmphasis && stars === 3) {
            const kinds = this.#stack.map((frame) => frame.kind);
            return kinds.indexOf('strong') > kinds.indexOf('emphasis') ? 'strong' : 'emphasis';
        }
        return isStrong ? 'strong' : isEmphasis ? 'emphasis' : null;
    }

    /** @param {string} kind @param {number} length */
    #begin(kind, length) {
        this.#open.add(kind);
        this.#at += length;
        this.#stack.push({ kind, start: this.#at, children: [] });
    }

    /** Closes what is open of this kind; what was opened inside and never closed becomes text again. @param {string} kind */
    #end(kind) {
        while (this.#stack[this.#stack.length - 1].kind !== kind) this.#dissolve();
        const { children } = this.#stack.pop();
        this.#open.delete(kind);
        this.#at += markers[kind].length;
        if (children.length === 0) this.#say(markers[kind] + markers[kind]);
        else this.#top.push(/** @type {Inline} */ ({ type: kind, children }));
    }

    #endLink() {
        if (!this.#open.has('link')) return this.#literal(1);
        const target = this.#text[this.#at + 1] === '(' ? this.#target(this.#at + 2) : null;
        const link = target === null ? null : safeLink(this.#text.slice(this.#at + 2, target));
        if (link === null) {
            this.#dissolveTo('link');
            return this.#literal(1);
        }
        while (this.#stack[this.#stack.length - 1].kind !== 'link') this.#dissolve();
        const { children } = this.#stack.pop();
        this.#open.delete('link');
        const label = textOf(children);
        const shown = label.trim() === '' || isMisleading(label, link.place) ? [{ type: 'text', text: link.href }] : children;
        this.#top.push(/** @type {Inline} */ ({ type: 'link', ...link, children: shown }));
        this.#at = target + 1;
    }

    /** Where the target of a link ends that starts at `start`; one pair of brackets may stand in it. @param {number} start @returns {number|null} */
    #target(start) {
        if (this.#closing < start) this.#closing = this.#text.indexOf(')', start);
        if (this.#closing === -1) this.#closing = Infinity;
        if (this.#closing === Infinity || this.#closing - start > 2048) return null;
        const first = this.#text.slice(start, this.#closing);
        if (!first.includes('(')) return this.#closing;
        const second = this.#text.indexOf(')', this.#closing + 1);
        return second === -1 || second - start > 2048 ? this.#closing : second;
    }

    #bareLink() {
        const isStart = /^(?:https?:\/\/|mailto:)/i.test(this.#text.slice(this.#at, this.#at + 8));
        if (!isStart || this.#open.has('link') || isWord(this.#text[this.#at - 1])) return this.#literal(1);
        const end = endOfBareLink(this.#text, this.#at);
        const written = this.#text.slice(this.#at, end);
        const link = safeLink(written);
        if (link === null) return this.#literal(Math.max(end - this.#at, 1));
        // A host in letters that look like others is shown as it really is.
        const shown = written.toLowerCase().includes(link.place.toLowerCase()) ? written : link.href;
        this.#top.push({ type: 'link', ...link, children: [{ type: 'text', text: shown }] });
        this.#at = end;
    }

    /** The innermost open kind was never closed: its marker is text, and what followed belongs to what is around it. */
    #dissolve() {
        const { kind, children } = this.#stack.pop();
        this.#open.delete(kind);
        this.#say(markers[kind]);
        for (const child of children) {
            if (child.type === 'text') this.#say(child.text);
            else this.#top.push(child);
        }
    }

    /** @param {string} kind */
    #dissolveTo(kind) {
        while (this.#open.has(kind)) this.#dissolve();
    }
}

/** Finds the closing run of backticks without looking at any part of the text twice for the same length. */
class TickRuns {
    /** @type {Map<number, {starts: number[], index: number}>|null} */
    #byLength = null;

    /** @param {string} text @param {number} from @param {number} length @returns {number} */
    next(text, from, length) {
        this.#byLength ??= TickRuns.#find(text);
        const runs = this.#byLength.get(length);
        if (!runs) return -1;
        while (runs.index < runs.starts.length && runs.starts[runs.index] < from) runs.index += 1;
        return runs.starts[runs.index] ?? -1;
    }

    /** @param {string} text */
    static #find(text) {
        const byLength = new Map();
        for (const match of text.matchAll(/`+/g)) {
            const length = match[0].length;
            if (!byLength.has(length)) byLength.set(length, { starts: [], index: 0 });
            byLength.get(length).starts.push(match.index);
        }
        return byLength;
    }
}

/** @param {string} text @param {number} start @param {string} character */
function runLength(text, start, character) {
    let end = start;
    while (text[end] === character) end += 1;
    return end - start;
}

/** @param {Inline[]} nodes @returns {string} what they say without their form */
export function textOf(nodes) {
    return nodes.map((node) => {
        if (node.type === 'break') return ' ';
        return 'text' in node ? node.text : textOf(node.children);
    }).join('');
}
