import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches } from '../../Sources/WebClient/Client/js/views/switcher-match.js';

const person = (/** @type {string} */ address, at = 0) => ({ address, username: address.split('@')[0], unread: 0, at });
const people = [person('zoe@a.example', 5), person('ann.smith@a.example', 9), person('anna@b.example', 1), person('joanna@a.example', 7), person('bob@hs.example')];
const found = (/** @type {string} */ query) => matches(query, people).map(({ username }) => username);

test('without letters those with whom one spoke last come first', () => assert.deepEqual(found(''), ['ann.smith', 'joanna', 'zoe', 'anna', 'bob']));
test('a name before a beginning, a beginning before a word, a word before a part', () => {
    assert.deepEqual(found('anna'), ['anna', 'joanna']);
    assert.deepEqual(found('ann'), ['ann.smith', 'anna', 'joanna']);
    assert.deepEqual(found('smith'), ['ann.smith']);
    assert.deepEqual(found('hs'), ['bob']);
    assert.deepEqual(found('@ANNA@b'), ['anna']);
});
test('letters in their order find a name, one letter does not', () => {
    assert.deepEqual(found('jna'), ['joanna']);
    assert.deepEqual(found('q'), []);
});
test('at most 50 are shown', () => assert.equal(matches('', Array.from({ length: 80 }, (_, index) => person(`p${index}@a`))).length, 50));
