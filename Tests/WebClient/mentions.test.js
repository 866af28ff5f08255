/** Mentions in texts, codes in what was pasted, where one is in a community, and what of channels is told. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { newsOf } from '../../Sources/WebClient/Client/js/notify/toasts.js';
import { pageName } from '../../Sources/WebClient/Client/js/notify/title.js';
import { communityParts, fragmentOf, routeOf } from '../../Sources/WebClient/Client/js/routes.js';
import { placeName } from '../../Sources/WebClient/Client/js/store/selectors.js';
import { t } from '../../Sources/WebClient/Client/js/text/catalogue.js';
import { meant, mentionPattern, mentionWord } from '../../Sources/WebClient/Client/js/text/mentions.js';
import { channel, deletion, garden, general, invitation, known, posted, readyInGarden, summary } from './community-fixtures.js';
import { action, alice, bob, carol, id, ready, stateAfter } from './fixtures.js';

const people = new Map([['bob', bob], [bob, bob], [carol, carol], ['a.b', 'a.b@alpha.example']]);
const roles = [{ name: 'Bee keepers', id: id(1) }, { name: 'Bee', id: id(2) }, { name: '.*(', id: id(3) }, { name: 'everyone', id: 'everyone' }];

/** @type {Array<[string, string[]]>} */
const texts = [
    ['@bob', [bob]],
    ['hello @BOB!', [bob]],
    ['(@bob), @bob and @bob@alpha.example.', [bob]],
    ['@a.b. And', ['a.b@alpha.example']],
    ['@carol@beta.example', [carol]],
    ['@carol', []],
    ['@carol@gamma.example', []],
    ['bob@alpha.example', []],
    ['x@bob @bobby @bob_ @bob-x', []],
    ['@Bee keepers, @bee', [id(1), id(2)]],
    ['@beekeepers', []],
    ['@.*( @everyone', [id(3), 'everyone']],
    ['@', []],
    ['@@bob', []],
    ['', []],
];
for (const [text, expected] of texts) test(`whom a text means: ${text}`, () => assert.deepEqual(meant(text, { people, roles }), expected));

test('not more than fifty are meant, and a long text without any is read quickly', () => {
    const many = new Map(Array.from({ length: 80 }, (_, n) => [`u${n}`, `u${n}@alpha.example`]));
    const text = [...many.keys()].map((name) => `@${name}`).join(' ');
    assert.equal(meant(text, { people: many, roles: [] }).length, 50);
    const started = performance.now();
    for (const long of ['@'.repeat(4_000), '@a'.repeat(2_000), `@${'a.'.repeat(2_000)}`, '@Bee '.repeat(800)]) {
        meant(long, { people, roles });
        long.split(/** @type {RegExp} */ (mentionPattern(['Bee keepers', 'a.'.repeat(20)])));
    }
    assert.ok(performance.now() - started < 500);
});

test('names are found where they are written, the longest one, and nothing of them is a pattern', () => {
    const pattern = /** @type {RegExp} */ (mentionPattern(['bob', 'bob@alpha.example', 'a+b', '[x]']));
    assert.deepEqual('hi @bob, @bob@alpha.example @a+b @[x] @bobby'.split(pattern), ['hi ', '@bob', ', ', '@bob@alpha.example', ' ', '@a+b', ' ', '@[x]', ' @bobby']);
    assert.equal(mentionPattern([]), null);
});

test('a name may have any character in it', () => {
    const characters = [...Array.from({ length: 0x250 }, (_, code) => String.fromCodePoint(code)), '\u2028', '\ufeff', '\ud800', '🦊', 'ß', 'İ', '-]', '\\-', '(?:', '$&'];
    for (const character of characters) {
        const name = `a${character}b`;
        const pattern = /** @type {RegExp} */ (mentionPattern([name, `${name}@my-home.example`]));
        assert.deepEqual(`hi @${name}, @${name}@my-home.example!`.split(pattern), ['hi ', `@${name}`, ', ', `@${name}@my-home.example`, '!'], JSON.stringify(name));
        assert.deepEqual(meant(`@${name}`, { people: new Map(), roles: [{ name, id: id(1) }] }), [id(1)], JSON.stringify(name));
    }
    assert.deepEqual(meant('to @anna-lena@my-home.example', { people: new Map([['anna-lena@my-home.example', 'anna-lena@my-home.example']]), roles: [] }), ['anna-lena@my-home.example']);
});

test('the word at the caret that may become a mention', () => {
    const words = ['@', 'hi @al', 'hi @alice@be', 'mail a@b', '@alice ', '(@bo', 'x@', ''].map(mentionWord);
    assert.deepEqual(words, ['@', '@al', '@alice@be', '', '', '@bo', '', '']);
});

test('where one is in communities: fragments and back', () => {
    const routes = [
        { view: 'community', address: null, community: garden },
        { view: 'channel', address: general, community: garden },
        ...communityParts.map((part) => ({ view: 'community-settings', address: null, community: garden, part })),
        { view: 'join', address: null, part: 'abc_DEF-1@beta.example' },
        { view: 'join', address: null, part: '' },
    ];
    for (const route of routes) assert.deepEqual(routeOf(fragmentOf(/** @type {any} */ (route))), route);
    for (const wrong of ['#/community/', '#/community/x', `#/community/${garden}x`, '#/join/<script>', '#/join/a b', `#/join/${'x'.repeat(65)}`, '#/join/%E0%A4%A']) {
        assert.ok(['home', 'join'].includes(routeOf(wrong).view) && !routeOf(wrong).part, wrong);
    }
    assert.equal(routeOf(`#/community/${garden}/channel/x`).view, 'community');
    assert.equal(routeOf(`#/community/${garden}/settings/x`).part, 'general');
});

/** @type {Array<[string, any[], any, boolean, string|null]>} */
const news = [
    ['a mention', [readyInGarden(), known()], posted(1, { message: 'hi **@alice**', mentions: [alice.address] }), false, 'bob in #general: hi @alice'],
    ['a mention before the eyes', [readyInGarden(), known()], posted(1, { mentions: [alice.address] }), true, null],
    ['a message that mentions nobody', [readyInGarden(), known()], posted(1), false, null],
    ['a mention that was known', [readyInGarden(), known(), posted(1, { mentions: ['everyone'] })], posted(1, { mentions: ['everyone'] }), false, null],
    ['a mention that an answer has counted', [readyInGarden(), known({ channels: [channel(general, { last_seq: 1, unread: 1, mentions: 1 })] })], posted(1, { message: 'hi', mentions: [alice.address] }), false, 'bob in #general: hi'],
    ['a mention that was read elsewhere', [readyInGarden(), known({ channels: [channel(general, { last_seq: 1, read_seq: 1 })] })], posted(1, { mentions: [alice.address] }), false, null],
    ["one's own", [readyInGarden(), known()], posted(1, { own: true, mentions: ['everyone'] }), false, null],
    ['a deletion', [readyInGarden(), known(), posted(1)], deletion(1, 2), false, null],
    ['an invitation', [readyInGarden()], { type: 'new-server-invite', ...invitation() }, false, 'bob invites you to Orchard.'],
    ['an invitation that was known', [readyInGarden({ server_invites: [invitation()] })], { type: 'new-server-invite', ...invitation() }, false, null],
    ['an invitation that failed', [readyInGarden({ server_invites: [invitation()] })], { type: 'server-invite-changed', invite_id: id(530), server_id: id(501), state: 'failed' }, false, t('toast.invitation-failed', { community: 'Orchard' })],
    ['put out', [readyInGarden()], { type: 'community-changed', ...summary(), state: 'gone', reason: 'kicked' }, false, 'You were removed from Garden.'],
    ['left oneself', [readyInGarden()], { type: 'community-changed', ...summary(), state: 'gone', reason: 'left' }, false, null],
    ['put out of what one is not in', [ready()], { type: 'community-changed', ...summary(), state: 'gone', reason: 'banned' }, false, null],
];
for (const [name, before, frame, isShown, expected] of news) {
    test(`news of communities: ${name}`, () => assert.equal(newsOf(frame, stateAfter(...before), { t, isShown: () => isShown, accept: () => {} })?.text ?? null, expected));
}

test('a page is called by its channel, its community, or that it is one', () => {
    const at = (/** @type {any} */ route, /** @type {any[]} */ ...steps) => {
        const state = stateAfter(...steps, action('navigated', { route }));
        return pageName(state.route, t, placeName(state));
    };
    const channel = { view: 'channel', address: general, community: garden };
    assert.equal(at(channel, readyInGarden(), known()), '#general · Home');
    assert.equal(at({ view: 'community', address: null, community: garden }, readyInGarden()), 'Garden · Home');
    assert.equal(at(channel, ready()), 'Channel · Home');
    assert.equal(at({ view: 'join', address: null, part: '' }, ready()), 'Join a community · Home');
});
