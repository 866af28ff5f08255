import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameProblem, readAddress, serverOf, serverProblem } from '../../Sources/WebClient/Client/js/text/address.js';
import { passwordProblem } from '../../Sources/WebClient/Client/js/text/password.js';
import { device } from '../../Sources/WebClient/Client/js/text/user-agent.js';

const readable = [
    ['bob', 'bob@alpha.example'],
    ['  Bob@Beta.Example ', 'bob@beta.example'],
    ['@bob@beta.example', 'bob@beta.example'],
    ['a.b_c-d@localhost', 'a.b_c-d@localhost'],
    [`${'x'.repeat(32)}@x`, `${'x'.repeat(32)}@x`],
];
for (const [text, address] of readable) {
    test(`"${text}" is read as an address`, () => assert.deepEqual(readAddress(text, 'alpha.example'), { address, problem: null }));
}

const unreadable = [
    ['', 'address.name-missing'],
    ['@', 'address.name-missing'],
    ['@@beta.example', 'address.name-missing'],
    ['x'.repeat(33), 'address.name-long'],
    ['bob smith', 'address.name-characters'],
    ['bøb', 'address.name-characters'],
    ['<img>', 'address.name-characters'],
    ['bob@', 'address.server-missing'],
    ['bob@beta.example:8448', 'address.server-wrong'],
    ['bob@@beta.example', 'address.server-wrong'],
    ['bob@beta..example', 'address.server-wrong'],
    ['bob@-beta.example', 'address.server-wrong'],
    ['bob@beta-.example', 'address.server-wrong'],
    ['bob@127.0.0.1', 'address.server-wrong'],
    [`bob@${'x'.repeat(64)}.example`, 'address.server-wrong'],
    [`bob@${'abcdefg.'.repeat(32)}example`, 'address.server-wrong'],
];
for (const [text, problem] of unreadable) {
    test(`"${text.slice(0, 40)}" is refused: ${problem}`, () => assert.deepEqual(readAddress(text, 'alpha.example'), { address: null, problem }));
}

test('a name that is chosen is not changed by reading it', () => {
    assert.equal(nameProblem('Bob'), 'address.name-characters');
    assert.equal(nameProblem('bob'), null);
    assert.equal(serverProblem('alpha.example'), null);
    assert.equal(serverOf('bob@alpha.example'), 'alpha.example');
});

const passwords = [
    ['seven77', 'password.short'],
    ['eight888', null],
    ['😀'.repeat(8), null],
    ['😀'.repeat(7), 'password.short'],
    ['x'.repeat(256), null],
    ['x'.repeat(257), 'password.long'],
    ['with\tcontrol', 'password.control'],
    ['alice.is.here', 'password.name'],
];
for (const [password, problem] of passwords) {
    test(`a password of ${[...password].length} characters: ${problem ?? 'fine'}`, () => assert.equal(passwordProblem(password, 'alice.is.here'), problem));
}

const agents = [
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'Chrome', 'Linux'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge', 'Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari', 'iPhone'],
    ['Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36', 'Chrome', 'Android'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15', 'Safari', 'macOS'],
];
for (const [label, browser, system] of agents) {
    test(`${browser} on ${system} is recognised`, () => assert.deepEqual(device(label), { browser, system, other: null }));
}

test('what is no browser keeps the name it gave itself', () => {
    assert.deepEqual(device('curl/8.5.0'), { browser: null, system: null, other: 'curl' });
    assert.deepEqual(device(null), { browser: null, system: null, other: null });
    assert.deepEqual(device('   '), { browser: null, system: null, other: null });
});
