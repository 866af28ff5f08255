import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, summary } from '../../Sources/WebClient/Client/js/text/markdown.js';
import { roomFor, sendable } from '../../Sources/WebClient/Client/js/text/message-limits.js';
import { hostile } from './hostile-texts.js';

const text = (/** @type {string} */ value) => ({ type: 'text', text: value });
const paragraph = (/** @type {any[]} */ ...children) => ({ type: 'paragraph', children: children.map((child) => (typeof child === 'string' ? text(child) : child)) });
const made = (/** @type {string} */ type, /** @type {any[]} */ ...children) => ({ type, children: children.map((child) => (typeof child === 'string' ? text(child) : child)) });
const link = (/** @type {string} */ href, /** @type {string} */ place, /** @type {string} */ label) => ({ type: 'link', href, place, children: [text(label)] });

const table = [
    ['a', [paragraph('a')]],
    ['a\nb', [paragraph('a', { type: 'break' }, 'b')]],
    ['a\n\n\nb', [paragraph('a'), paragraph('b')]],
    ['', []],
    ['**a** *b* ~~c~~', [paragraph(made('strong', 'a'), ' ', made('emphasis', 'b'), ' ', made('struck', 'c'))]],
    ['***a***', [paragraph(made('strong', made('emphasis', 'a')))]],
    ['*a **b***', [paragraph(made('emphasis', 'a ', made('strong', 'b')))]],
    ['**a *b** c*', [paragraph(made('strong', 'a *b'), ' c*')]],
    ['2 * 3 * 4', [paragraph('2 * 3 * 4')]],
    ['snake_case_name', [paragraph('snake_case_name')]],
    ['** **', [paragraph('** **')]],
    ['\\*a\\*', [paragraph('*a*')]],
    ['C:\\dir', [paragraph('C:\\dir')]],
    ['`a *b*` c', [paragraph({ type: 'code', text: 'a *b*' }, ' c')]],
    ['``a`b``', [paragraph({ type: 'code', text: 'a`b' })]],
    ['`a', [paragraph('`a')]],
    ['```js\nlet a;\n```\nb', [{ type: 'code', language: 'js', text: 'let a;' }, paragraph('b')]],
    ['```\nopen', [{ type: 'code', language: '', text: 'open' }]],
    ['```one line```', [paragraph({ type: 'code', text: 'one line' })]],
    ['> a\n> b\nc', [{ type: 'quote', children: [paragraph('a', { type: 'break' }, 'b')] }, paragraph('c')]],
    ['- a\n- b', [{ type: 'list', start: null, items: [[paragraph('a')], [paragraph('b')]] }]],
    ['3. a\n4. b', [{ type: 'list', start: 3, items: [[paragraph('a')], [paragraph('b')]] }]],
    ['- a\n  - b', [{ type: 'list', start: null, items: [[paragraph('a'), { type: 'list', start: null, items: [[paragraph('b')]] }]] }]],
    ['-1 and -2', [paragraph('-1 and -2')]],
    ['2026. Year', [paragraph('2026. Year')]],
    ['see https://a.example/b?c=d.', [paragraph('see ', link('https://a.example/b?c=d', 'a.example', 'https://a.example/b?c=d'), '.')]],
    ['(https://a.example/x_(y))', [paragraph('(', link('https://a.example/x_(y)', 'a.example', 'https://a.example/x_(y)'), ')')]],
    ['[here](https://a.example/x_(y)) now', [paragraph(link('https://a.example/x_(y)', 'a.example', 'here'), ' now')]],
    ['[**b**](https://a.example)', [paragraph({ type: 'link', href: 'https://a.example/', place: 'a.example', children: [made('strong', 'b')] })]],
    ['[mail](mailto:a@b.example)', [paragraph(link('mailto:a@b.example', 'a@b.example', 'mail'))]],
    ['[a](b) [c', [paragraph('[a](b) [c')]],
    ['xhttps://a.example', [paragraph('xhttps://a.example')]],
    ['<b>a</b> &amp;', [paragraph('<b>a</b> &amp;')]],
];

for (const [written, tree] of table) {
    test(`reads ${JSON.stringify(written)}`, () => assert.deepEqual(parse(/** @type {string} */ (written)), tree));
}

/** Every node of a tree with its depth. @param {any} node @param {number} depth @returns {Generator<[any, number]>} */
function* nodesOf(node, depth = 0) {
    if (Array.isArray(node)) {
        for (const child of node) yield* nodesOf(child, depth);
        return;
    }
    yield [node, depth];
    for (const part of [node.children, node.items]) if (part) yield* nodesOf(part, depth + 1);
}

const kinds = new Set(['paragraph', 'quote', 'list', 'code', 'text', 'break', 'strong', 'emphasis', 'struck', 'link']);

test('hostile texts give known nodes, links that may be followed, and all of their letters', () => {
    assert.ok(hostile.length >= 30);
    for (const written of hostile) {
        for (const [node] of nodesOf(parse(written))) {
            assert.ok(kinds.has(node.type), written);
            if (node.type === 'link') assert.match(node.href, /^(https?:\/\/[^/@\s]+(\/|$)|mailto:)/, written);
        }
        assert.equal(typeof summary(written), 'string');
    }
});

test('no hostile text is a link to script', () => {
    const hrefs = hostile.flatMap((written) => [...nodesOf(parse(written))].map(([node]) => node.href ?? ''));
    for (const href of hrefs) assert.doesNotMatch(href, /^\s*(javascript|data|vbscript|blob|file):/i);
});

const repeated = ['[', ']', '*', '**', '*a', '*a **b', '***', '`', '`a``', '~~', '~~a', '[](', '[]((', '[](http://', 'http://', 'http://[', '>', '> ', '> - ', '- ', '1. ', '\\', 'a\n\n', '```\n', 'h', '(', '~~a**b*c['];

for (const piece of repeated) {
    test(`16 KiB of ${JSON.stringify(piece)} are read with little depth and nothing lost`, () => {
        const written = piece.repeat(Math.ceil(16_384 / piece.length));
        let letters = 0;
        for (const [node, depth] of nodesOf(parse(written))) {
            assert.ok(depth <= 14, `depth ${depth}`);
            letters += (node.text ?? '').replace(/[^a-z]/g, '').length;
        }
        if (!piece.includes('://')) assert.equal(letters, written.replace(/[^a-z]/g, '').length);
    });
}

/**
 * How much is done while a text is read, without a clock: characters that expressions and searches walk over or copy, and nodes that are
 * moved. @param {string} written
 */
function workToRead(written) {
    let work = 0;
    const { exec } = RegExp.prototype;
    const { push } = Array.prototype;
    const { slice, indexOf } = String.prototype;
    RegExp.prototype.exec = function (/** @type {string} */ text) {
        const from = this.global ? this.lastIndex : 0;
        const found = exec.call(this, text);
        work += 1 + (found ? found.index - from + found[0].length : this.source.startsWith('^') ? 0 : text.length - from);
        return found;
    };
    Array.prototype.push = function (...items) {
        work += items.length;
        return push.apply(this, items);
    };
    String.prototype.slice = function (...range) {
        const part = slice.apply(this, range);
        work += part.length;
        return part;
    };
    String.prototype.indexOf = function (what, from = 0) {
        const at = indexOf.call(this, what, from);
        work += (at < 0 ? this.length : at) - from;
        return at;
    };
    try {
        parse(written);
    } finally {
        RegExp.prototype.exec = exec;
        Array.prototype.push = push;
        String.prototype.slice = slice;
        String.prototype.indexOf = indexOf;
    }
    return work;
}

for (const piece of repeated) {
    test(`reading ${JSON.stringify(piece)} over and over takes work in proportion to the length`, () => {
        const short = workToRead(piece.repeat(20_000 / piece.length));
        const long = workToRead(piece.repeat(160_000 / piece.length));
        assert.ok(long <= short * 9 + 10_000, `${short}, and for eight times as much ${long}`);
        assert.ok(short <= 20_000 * 60, `${short} for 20,000 characters`);
    });
}

test('10,000 nested markers nest no deeper than the kinds there are', () => {
    const written = '*~~**['.repeat(2500) + 'x' + ']**~~*'.repeat(2500);
    assert.ok(Math.max(...[...nodesOf(parse(written))].map(([, depth]) => depth)) <= 5);
});

test('a summary is one line without form', () => {
    assert.equal(summary('**a**\n\n- b\n- [c](https://d.example)\n\n```js\ne\n```'), 'a b c e');
    assert.equal(summary('x'.repeat(200), 10), `${'x'.repeat(10)}…`);
    assert.equal(summary('😀'.repeat(20), 3), '😀😀😀…');
});

test('what is sent has no blank lines around it and keeps its own', () => {
    assert.equal(sendable('\n \n  a\n\nb \n\n'), '  a\n\nb');
    assert.equal(sendable(' \n\t\n'), '');
    assert.equal(sendable('a\u0000b'), 'ab');
});

test('the room is counted in code points and in bytes', () => {
    assert.equal(roomFor(''), 4000);
    assert.equal(roomFor('a'.repeat(4000)), 0);
    assert.equal(roomFor('a'.repeat(4001)), -1);
    assert.equal(roomFor('é'.repeat(4000)), 0);
    assert.equal(roomFor('😀'.repeat(4000)), 0);
    assert.equal(roomFor('😀'.repeat(4097)), -97);
});
