import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfBareLink, isMisleading, safeLink } from '../../Sources/WebClient/Client/js/text/links.js';

const good = [
    ['https://a.example', 'https://a.example/', 'a.example'],
    ['http://a.example:8080/x?y#z', 'http://a.example:8080/x?y#z', 'a.example:8080'],
    ['HTTPS://A.example/', 'https://a.example/', 'a.example'],
    ['https://пример.example/', 'https://xn--e1afmkfd.example/', 'xn--e1afmkfd.example'],
    ['https://раypal.com/', 'https://xn--ypal-43d9g.com/', 'xn--ypal-43d9g.com'],
    ['mailto:a@b.example', 'mailto:a@b.example', 'a@b.example'],
];
for (const [written, href, place] of good) {
    test(`${written} may be followed`, () => assert.deepEqual(safeLink(written), { href, place }));
}

const bad = [
    'javascript:alert(1)', 'JavaScript:alert(1)', 'java\tscript:alert(1)', ' https://a.example', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://a.example/x',
    'ftp://a.example', '//a.example', '/api/v1/logout', '', 'https://', 'https://user@a.example', 'https://bank.example:x@evil.example/', 'https://a.example/\u202egpj', 'https://a.exam\u200bple',
    'https://a.example/"x', 'https://a.example\\x', 'https://[::1', 'https://%zz', 'mailto:', 'mailto:nobody', 'mailto:a@b@c', `https://a.example/${'x'.repeat(2048)}`, 'https://a.example/\u0000',
];
for (const written of bad) {
    test(`${JSON.stringify(written.slice(0, 40))} stays text`, () => assert.equal(safeLink(written), null));
}

test('a label that names another place than the link leads to is misleading', () => {
    for (const label of ['bank.example', 'https://bank.example/login', ' www.bank.example ', 'bank.example:443', 'x@bank.example', 'evil.example\u202e', 'ev\u200bil.example']) {
        assert.equal(isMisleading(label, 'evil.example'), true, label);
    }
    for (const label of ['here', 'the "best" page', 'evil.example', 'EVIL.example/path', 'https://evil.example', 'Version 1.2', 'e. g. this']) {
        assert.equal(isMisleading(label, 'evil.example'), false, label);
    }
    assert.equal(isMisleading('evil.example', 'evil.example:8080'), false);
});

test('a bare link ends before the punctuation of its sentence', () => {
    const ends = { 'https://a.example/b.': -1, 'https://a.example/b).': -2, 'https://a.example/b_(c)': 0, 'https://a.example/b_(c)).': -2, 'https://a.example/?!': -2, 'https://a.example/x y': -2, 'https://a.example/x<b>': -3, 'https://a.example/**': -2 };
    for (const [text, cut] of Object.entries(ends)) assert.equal(endOfBareLink(text, 0), text.length + cut, text);
});
