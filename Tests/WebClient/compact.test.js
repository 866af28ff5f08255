/**
 * What the homeserver leaves out of scripts and styles (`CompactSource.swift`) changes nothing: it takes lines for what they are, and that
 * holds where no string, template or expression goes over the end of a line.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'node:test';

const root = fileURLToPath(new URL('../../Sources/WebClient/Client/', import.meta.url));
const files = readdirSync(root, { recursive: true }).map(String);

/** Behind these a slash begins a regular expression; behind anything else it divides. */
const beforeExpression = /(^|[({[,;:=!&|?+*%<>~^-]|=>|\b(return|typeof|case|in|of|do|else|await|yield|void|delete|new))\s*$/;

/**
 * Reads a script as far as needed to know where texts and comments are. Returns what is in the way: a text that goes over the end of a line,
 * or anything that does not close, which would mean that this reading is wrong itself.
 * @param {string} source @returns {string[]}
 */
function problemsOf(source) {
    const problems = [];
    /** What is open: brackets, and the templates whose `${` they stand in. @type {string[]} */
    const open = [];
    let code = '';
    let at = 0;
    const line = () => source.slice(0, at).split('\n').length;
    /** To the end of a text. @param {string} end @param {boolean} [isTemplate] */
    const skipText = (end, isTemplate = false) => {
        let isInClass = false;
        for (; at < source.length; at += 1) {
            const character = source[at];
            if (character === '\n') problems.push(`a text over the end of line ${line()}`);
            if (character === '\\') {
                if (source[at + 1] === '\n') problems.push(`a text over the end of line ${line()}`);
                at += 1;
            } else if (end === '/' && character === '[') isInClass = true;
            else if (end === '/' && character === ']') isInClass = false;
            else if (isTemplate && source.startsWith('${', at)) {
                open.push('`');
                at += 2;
                return;
            } else if (character === end && !isInClass) {
                at += 1;
                return;
            }
        }
        problems.push(`a text without an end: ${end}`);
    };
    while (at < source.length) {
        const character = source[at];
        if (source.startsWith('//', at)) {
            at = source.indexOf('\n', at) < 0 ? source.length : source.indexOf('\n', at);
        } else if (source.startsWith('/*', at)) {
            const end = source.indexOf('*/', at + 2);
            if (end < 0) problems.push('a comment without an end');
            at = end < 0 ? source.length : end + 2;
        } else if (character === '"' || character === "'") {
            at += 1;
            skipText(character);
            code += 'text';
        } else if (character === '`' || (character === '}' && open.at(-1) === '`')) {
            if (character === '}') open.pop();
            at += 1;
            skipText('`', true);
            // Behind `${` an expression begins, behind the end of the template there is a value.
            code += source.startsWith('${', at - 2) ? '(' : 'text';
        } else if (character === '/' && beforeExpression.test(code)) {
            at += 1;
            skipText('/');
            code += 'text';
        } else {
            if ('([{'.includes(character)) open.push(character);
            else if (')]}'.includes(character) && open.pop() !== '([{'[')]}'.indexOf(character)]) problems.push(`${character} without its beginning in line ${line()}`);
            code = (code + character).slice(-40);
            at += 1;
        }
    }
    return open.length > 0 ? [...problems, `never closed: ${open.join(' ')}`] : problems;
}

test('no text goes over the end of a line, so lines of a script are what they look like', () => {
    const scripts = files.filter((name) => name.endsWith('.js'));
    assert.ok(scripts.length > 90);
    for (const name of scripts) assert.deepEqual(problemsOf(readFileSync(root + name, 'utf8')), [], name);
});

test('the same for styles', () => {
    const styles = files.filter((name) => name.endsWith('.css'));
    assert.ok(styles.length > 10);
    for (const name of styles) {
        const text = readFileSync(root + name, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
        assert.doesNotMatch(text, /\\\n/, name);
        for (const line of text.split('\n')) assert.doesNotMatch(line.replace(/"[^"]*"|'[^']*'/g, ''), /["']/, `${name}: ${line}`);
    }
});

for (const [what, source] of [
    ['a template', 'a(`\n    // not a comment\n`);'],
    ['a template around a value', 'a(`x ${b} \n`);'],
    ['a template within one', 'a(`${b(`\n/* c */\n`)}`);'],
    ['a continued string', "a('b\\\n    c');"],
]) {
    test(`it is seen where it is not so: ${what}`, () => assert.match(problemsOf(source)[0] ?? '', /^a text over the end of line \d+$/));
}

test('what only looks like texts and comments is none', () => {
    for (const source of ["a = /[`'/]/g; b = c / d / e;", 'a(`${{ b: `c` }.b}`) // `', "a = '//' + \"/*\" + '`';", 'a = (b) / c; // `\n/* \' */', "if (/'/.test(a)) return /`/;"]) {
        assert.deepEqual(problemsOf(source), [], source);
    }
});
