/** Rules that every file of the client keeps, and texts that are there in every language. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'node:test';

import { t, useLanguage } from '../../Sources/WebClient/Client/js/text/catalogue.js';
import { de as deBase } from '../../Sources/WebClient/Client/js/text/de.js';
import { de as deCommunities } from '../../Sources/WebClient/Client/js/text/de-communities.js';
import { de as deConversation } from '../../Sources/WebClient/Client/js/text/de-conversation.js';
import { de as dePeople } from '../../Sources/WebClient/Client/js/text/de-people.js';
import { de as deSettings } from '../../Sources/WebClient/Client/js/text/de-settings.js';
import { en as enBase } from '../../Sources/WebClient/Client/js/text/en.js';
import { en as enCommunities } from '../../Sources/WebClient/Client/js/text/en-communities.js';
import { en as enConversation } from '../../Sources/WebClient/Client/js/text/en-conversation.js';
import { en as enPeople } from '../../Sources/WebClient/Client/js/text/en-people.js';
import { en as enSettings } from '../../Sources/WebClient/Client/js/text/en-settings.js';
import { failureText } from '../../Sources/WebClient/Client/js/text/problems.js';

const en = { ...enBase, ...enCommunities, ...enConversation, ...enPeople, ...enSettings };
const de = { ...deBase, ...deCommunities, ...deConversation, ...dePeople, ...deSettings };

const root = fileURLToPath(new URL('../../Sources/WebClient/Client/', import.meta.url));

/** @param {string} folder @returns {string[]} */
const filesIn = (folder) =>
    readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesIn(`${folder}${entry.name}/`) : [`${folder}${entry.name}`]));
const files = filesIn('').filter((name) => /\.(js|css|html|webmanifest)$/.test(name));
const text = (/** @type {string} */ name) => readFileSync(root + name, 'utf8');
/** Without comments: they may name what is not done. @param {string} name */
const code = (name) => text(name).replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
const scripts = files.filter((name) => name.endsWith('.js'));

/** What never stands in a file, because markup or code would be made of a text. */
const forbidden = [/\binnerHTML\b/, /\bouterHTML\b/, /insertAdjacentHTML/, /document\.write/, /\beval\s*\(/, /new Function\s*\(/, /setHTMLUnsafe/, /createContextualFragment/, /DOMParser/, /\bsrcdoc\b/, /setAttribute\(\s*['"]on/, /setTimeout\(\s*['"`]/, /javascript:/i];
/** Files that name what they refuse. */
const naming = { 'javascript:': ['js/text/links.js', 'js/text/markdown.js'] };

test('no file makes markup or code of a text', () => {
    for (const name of scripts) {
        for (const rule of forbidden) {
            if (rule.source.startsWith('javascript') && naming['javascript:'].includes(name)) continue;
            assert.doesNotMatch(code(name), rule, name);
        }
    }
});

test('pages have no inline code and no inline style', () => {
    for (const name of files.filter((file) => file.endsWith('.html'))) {
        assert.doesNotMatch(text(name), /<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/i, name);
    }
});

test('dates are written in one place', () => {
    const formatting = scripts.filter((name) => /DateTimeFormat|toLocale(Date|Time)String/.test(code(name)));
    assert.deepEqual(formatting, ['js/text/dates.js']);
});

test('no file has more than 400 lines', () => {
    assert.ok(files.length > 40);
    for (const name of files) assert.ok(text(name).split('\n').length <= 401, name);
});

test('imports are relative, and their files are there', () => {
    for (const name of scripts) {
        for (const [, path] of code(name).matchAll(/(?:from|import\()\s*'([^']+)'/g)) {
            assert.match(path, /^\.\.?\//, name);
            const target = new URL(path, `file:///${name}`).pathname.slice(1);
            assert.ok(files.includes(target), `${name} imports ${target}`);
        }
    }
});

test('the layers keep apart: the store knows no page, what connects knows no view', () => {
    const layer = (/** @type {string} */ name) => scripts.filter((file) => file.startsWith(`js/${name}/`));
    // The store itself schedules its watchers; the rest of the folder is pure.
    for (const file of layer('store').filter((name) => name !== 'js/store/store.js')) {
        assert.doesNotMatch(code(file), /\bdocument\b|\bwindow\b|Date\.now|Math\.random|\bfetch\(|localStorage/, file);
    }
    for (const file of ['connection', 'storage', 'notify'].flatMap(layer)) assert.doesNotMatch(code(file), /from '[^']*\/(views|components|ui)\//, file);
    for (const file of layer('views')) assert.doesNotMatch(code(file), /\bfetch\(|new WebSocket|indexedDB/, file);
    for (const file of layer('components')) assert.doesNotMatch(code(file), /from '[^']*\/(connection|storage|notify|store)\//, file);
});

const placeholders = (/** @type {string} */ value) => [...value.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('every language has the same texts with the same places to fill', () => {
    assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
    for (const [key, value] of Object.entries(en)) {
        assert.ok(value.length > 0 && /** @type {any} */ (de)[key].length > 0, key);
        assert.deepEqual(placeholders(/** @type {any} */ (de)[key]), placeholders(value), key);
    }
});

test('no key stands twice in a catalogue', () => {
    for (const language of ['en', 'de']) {
        const keys = ['', '-communities'].flatMap((part) => [...text(`js/text/${language}${part}.js`).matchAll(/^ {4}'([^']+)':/gm)].map(([, key]) => key));
        assert.deepEqual(keys.filter((key, index) => keys.indexOf(key) !== index), [], language);
    }
});

test('a form for one has a form for others', () => {
    for (const key of Object.keys(en)) if (key.endsWith('.one')) assert.ok(key.replace(/\.one$/, '.other') in en, key);
});

test('every text that a file asks for by name is there', () => {
    for (const name of scripts) {
        for (const [, key] of code(name).matchAll(/\bt\('([a-z][\w.-]+)'/g)) {
            assert.ok(key in en || `${key}.other` in en, `${name} asks for ${key}`);
        }
    }
});

test("every code has a sentence of its own: the homeserver's and ours", async () => {
    await useLanguage('en');
    const schema = JSON.parse(readFileSync(new URL('../../docs/schemas/common.json', import.meta.url), 'utf8'));
    const ours = ['network', 'storage', 'outdated', 'expired', 'other_account', 'outbox_full'];
    for (const code of [...schema.$defs.code.enum, ...ours]) {
        const sentence = failureText(t, { code, message: '', field: null, retryAfterMs: null });
        assert.match(sentence, /^[A-Z].*\.$/, code);
        assert.notEqual(sentence, t('problem.other', { code }), code);
    }
    assert.match(failureText(t, { code: 'new_code', message: '', field: null, retryAfterMs: null }), /new_code/);
    assert.match(failureText(t, { code: 'rate_limited', message: '', field: null, retryAfterMs: 1_200 }), / 2 seconds/);
    assert.match(failureText(t, { code: 'invalid', message: '', field: 'username', retryAfterMs: null }), /username/);
    assert.doesNotMatch(failureText(t, { code: 'invalid', message: '', field: 'body', retryAfterMs: null }), /body/);
});
