import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emojiIndex, emojiWord, isEmojiOnly, searchEmoji, used, withTone } from '../../Sources/WebClient/Client/js/text/emoji.js';

/** @type {import('../../Sources/WebClient/Client/js/text/emoji.js').EmojiData} */
const data = {
    groups: [
        { id: 'smileys-emotion', emoji: [
            ['😀', 'grinning face', 'face|grin|grinning face', 'grinsendes Gesicht', 'Gesicht|grinsendes Gesicht|lustig'],
            ['❤️', 'red heart', 'heart|red heart', 'rotes Herz', 'Herz|rotes Herz|Liebe'],
        ] },
        { id: 'people-body', emoji: [['👋', 'waving hand', 'hand|wave|waving', 'winkende Hand', 'Hand|winken', 1], ['✌️', 'victory hand', 'hand|v|victory', 'Victory-Geste', 'Hand|Sieg', 1]] },
        { id: 'animals-nature', emoji: [['🐻', 'bear', 'bear|face', 'Bär', 'Bär|Gesicht']] },
    ],
};
const index = emojiIndex(data);
const found = (/** @type {string} */ query) => searchEmoji(index, query).map(([character]) => character);

test('words of both languages find an emoji, the best first', () => {
    assert.deepEqual(found('bear'), ['🐻']);
    assert.deepEqual(found('BÄR'), ['🐻']);
    assert.deepEqual(found('bar'), ['🐻']);
    assert.deepEqual(found('gesicht'), ['😀', '🐻']);
    assert.deepEqual(found('hand win'), ['👋']);
    assert.deepEqual(found(':heart:'), ['❤️']);
    assert.deepEqual(found('gri'), ['😀']);
    assert.deepEqual(found('nothing so called'), []);
    assert.deepEqual(found('  '), []);
});

test('a name that begins so comes before a word that is it', () => assert.equal(found('wav')[0], '👋'));

test('a skin tone takes the place of the picture selector', () => {
    const [wave, victory] = data.groups[1].emoji;
    assert.equal(withTone(wave, 3), '👋🏽');
    assert.equal(withTone(victory, 1), '✌🏻');
    assert.equal(withTone(wave, 0), '👋');
    assert.equal(withTone(data.groups[0].emoji[0], 3), '😀');
});

test('what is used comes to the front, once, and the oldest goes', () => {
    assert.deepEqual(used(['a', 'b'], 'b'), ['b', 'a']);
    const many = Array.from({ length: 40 }, (_, number) => String(number));
    assert.equal(used(many, 'new').length, 27);
});

test('messages of one to six emoji and nothing else are shown large', () => {
    for (const text of ['😀', '😀 🎉', '👨‍👩‍👧', '👍🏽', '🇩🇪', '❤️', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '😀😀😀😀😀😀']) assert.equal(isEmojiOnly(text), true, text);
    for (const text of ['', ' ', '1', '12', '#', '*', '©', '😀a', '😀😀😀😀😀😀😀', '\u200d', '😀'.repeat(4000), '1 😀']) assert.equal(isEmojiOnly(text), false, text.slice(0, 20));
});

test('a colon and two letters begin the name of an emoji, at the end of a text and not within words or code', () => {
    for (const [text, word] of [[':sm', ':sm'], ['hello :smile', ':smile'], ['(:bär', ':bär'], ['a\n:+1', ':+1'], ['```x``` :sm', ':sm']]) assert.equal(emojiWord(text), word, text);
    for (const text of ['', ':', ':s', 'a:sm', '10:30', 'http://x', ':smile ', ':smile:', '```\n :symbol', `:${'x'.repeat(33)}`]) assert.equal(emojiWord(text), '', text);
});
