import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nonceOfRetry } from '../../Sources/WebClient/Client/js/store/outgoing.js';
import { firstNewKey, itemsOf, keyOf, settingOf } from '../../Sources/WebClient/Client/js/views/timeline-items.js';
import { TimelineReading } from '../../Sources/WebClient/Client/js/views/timeline-reading.js';
import { around, isReplaced, most, moved, newest, next, withNewer, withOlder } from '../../Sources/WebClient/Client/js/views/timeline-window.js';

const keys = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from }, (_, index) => `k${from + index}`);

test('a switch builds the newest forty', () => {
    assert.deepEqual(newest(10_000), { start: 9960, end: 10_000 });
    assert.deepEqual(newest(3), { start: 0, end: 3 });
});

test('around an item there are some on both sides', () => {
    assert.deepEqual(around(1000, 500), { start: 480, end: 520 });
    assert.deepEqual(around(1000, 2), { start: 0, end: 40 });
    assert.deepEqual(around(1000, 999), { start: 960, end: 1000 });
    assert.deepEqual(around(5, 4), { start: 0, end: 5 });
});

test('walking up and down over 10,000 never holds more than 400 and misses none', () => {
    let range = newest(10_000);
    const seen = new Set();
    const look = () => {
        assert.ok(range.end - range.start <= most && range.start >= 0 && range.end <= 10_000);
        for (let index = range.start; index < range.end; index += 1) seen.add(index);
    };
    while (range.start > 0) {
        const before = range;
        range = withOlder(range);
        assert.ok(range.start < before.start && range.end > before.start, 'the rows that one looks at stay');
        look();
    }
    assert.equal(seen.size, 10_000);
    while (range.end < 10_000) {
        const before = range;
        range = withNewer(range, 10_000);
        assert.ok(range.end > before.end && range.start < before.end);
        look();
    }
});

const before = keys(100, 300);
const changes = [
    ['a page of history before', { start: 50, end: 150 }, keys(0, 300), false, { start: 150, end: 250 }],
    ['a new one behind, not at the end', { start: 50, end: 150 }, keys(100, 301), false, { start: 50, end: 150 }],
    ['a new one behind, the end in the page', { start: 50, end: 200 }, keys(100, 301), false, { start: 50, end: 201 }],
    ['a new one behind, following', { start: 150, end: 200 }, keys(100, 301), true, { start: 150, end: 201 }],
    ['the first of the range went', { start: 50, end: 150 }, [...keys(100, 150), ...keys(151, 300)], false, { start: 50, end: 149 }],
    ['all others', { start: 50, end: 150 }, ['x', 'y'], false, { start: 0, end: 2 }],
    ['none', { start: 50, end: 150 }, [], false, { start: 0, end: 0 }],
];
for (const [name, range, after, follows, expected] of changes) {
    test(`the range after ${name}`, () => assert.deepEqual(moved(/** @type {any} */ (range), before, /** @type {any} */ (after), Boolean(follows)), expected));
}

test('the range is replaced when nothing of it stayed', () => {
    const range = { start: 0, end: 2 };
    assert.equal(isReplaced(range, ['a', 'b'], ['x', 'y']), true);
    assert.equal(isReplaced(range, ['a', 'b'], ['x', 'b']), false);
    assert.equal(isReplaced(range, ['a', 'b'], []), false);
    assert.equal(isReplaced({ start: 0, end: 0 }, [], ['x']), false);
});

test('following many new ones drops the oldest beyond 400', () => {
    assert.deepEqual(moved({ start: 0, end: 200 }, keys(0, 200), keys(0, 700), true), { start: 300, end: 700 });
    assert.deepEqual(moved({ start: 0, end: 200 }, keys(0, 200), keys(0, 700), false), { start: 0, end: 400 });
});

const place = { range: { start: 10, end: 50 }, count: 60, above: 5000, below: 5000, height: 800, hasOlder: true, hasNewer: true };
const steps = [
    [{}, null],
    [{ above: 1199 }, 'older'],
    [{ above: 1200 }, null],
    [{ above: 0, range: { start: 0, end: 50 } }, 'load-older'],
    [{ above: 0, range: { start: 0, end: 60 }, hasOlder: false }, null],
    [{ below: 0 }, 'newer'],
    [{ below: 0, range: { start: 10, end: 60 } }, 'load-newer'],
    [{ below: 0, range: { start: 10, end: 60 }, hasNewer: false }, null],
    [{ above: 0, below: 0, range: { start: 0, end: 50 } }, 'newer'],
    [{ above: 2999, height: 4000 }, 'older'],
    [{ above: 3000, height: 4000 }, null],
];
for (const [change, expected] of steps) {
    test(`next of ${JSON.stringify(change)}`, () => assert.equal(next({ ...place, .../** @type {any} */ (change) }), expected));
}

const start = new Date(2026, 2, 18, 12).getTime();
const message = (/** @type {number} */ seq, /** @type {any} */ more = {}) => ({
    messageId: `m${seq}`, seq, n: seq, fromAddress: 'b@x', own: false, text: 'a', timestamp: new Date(start + seq * 60_000).toISOString(), replyTo: null, nonce: null, delivery: null, ...more,
});

test('an own message has one key before and after it got its number', () => {
    const outgoing = { nonce: 'n1', address: 'b@x', text: 'a', replyTo: null, createdAt: start, state: /** @type {const} */ ('pending'), failure: null };
    assert.equal(keyOf(outgoing), keyOf(message(1, { own: true, nonce: 'n1' })));
    assert.notEqual(keyOf(message(1)), keyOf(message(2)));
});

test('groups begin with a day, an author, five minutes, an answer and the line of the new', () => {
    const items = [message(0), message(1), message(7), message(8, { own: true, nonce: 'a' }), message(9, { own: true, nonce: 'b' }), message(10, { own: true, nonce: 'c', replyTo: 'm1' }), message(11, { own: true, nonce: 'd' }), message(24 * 60)];
    const groups = items.map((_, index) => settingOf(items, index, 'd').startsGroup);
    assert.deepEqual(groups, [true, false, true, true, false, true, true, true]);
    assert.deepEqual(items.map((_, index) => settingOf(items, index, null).startsDay), [true, false, false, false, false, false, false, true]);
});

test('what the other homeserver refused was sent again while its second one waits or stands there', () => {
    const delivery = (/** @type {string} */ state) => ({ server: 'x', state, reason: null });
    const again = { nonce: nonceOfRetry('m1'), address: 'b@x', text: 'a', replyTo: null, createdAt: start, state: /** @type {const} */ ('pending'), failure: null };
    const refused = message(1, { own: true, nonce: 'a', delivery: delivery('failed') });
    for (const [item, others, expected] of /** @type {Array<[any, any[], boolean]>} */ ([
        [refused, [message(2, { own: true, nonce: 'b' })], false],
        [refused, [again], true],
        [refused, [message(2, { own: true, nonce: again.nonce, delivery: delivery('failed') })], true],
        [message(1, { own: true, delivery: delivery('delivered') }), [again], false],
        [again, [again], false],
    ])) assert.equal(settingOf([item, ...others], 0, null).isSentAgain, expected);
});

test('the first new one is the other’s first behind what was read', () => {
    const items = [message(1), message(2), message(3, { own: true, nonce: 'x' }), message(4)];
    assert.equal(firstNewKey(items, 1), 'm2');
    assert.equal(firstNewKey(items, 2), 'm4');
    assert.equal(firstNewKey(items, 4), null);
    assert.equal(firstNewKey(items, null), null);
    assert.equal(firstNewKey([], 0), null);
});

const conversation = (/** @type {any} */ more) => ({ unread: 0, readSeq: 0, lastSeq: 0, messages: [], outgoing: [], stale: false, ...more });

test('the line stands where one had read to when one came, and moves only to what comes while nobody looks', () => {
    const opened = conversation({ unread: 2, readSeq: 1, lastSeq: 3, messages: [message(1), message(2), message(3)] });
    const reading = new TimelineReading(opened);
    assert.equal(reading.newKey(opened), 'm2');
    const read = { ...opened, unread: 0, readSeq: 3 };
    reading.changed(opened, read, true);
    assert.equal(reading.newKey(read), 'm2');
    const came = conversation({ unread: 1, readSeq: 3, lastSeq: 4, messages: [...read.messages, message(4)] });
    reading.changed(read, came, true);
    assert.equal(reading.newKey(came), 'm2');
    reading.changed(read, came, false);
    assert.equal(reading.newKey(came), 'm4');
});

test('reading is told once, up to the newest, and never for one’s own', () => {
    const reading = new TimelineReading(conversation({}));
    const state = conversation({ readSeq: 1, messages: [message(1), message(2), message(3, { own: true, nonce: 'x' })] });
    assert.equal(reading.read(state), 3);
    assert.equal(reading.read(state), null);
    assert.equal(new TimelineReading(state).read({ ...state, readSeq: 2 }), null);
});

test('what comes is said once; history and one’s own are not', () => {
    const before = conversation({ lastSeq: 5, messages: [message(4), message(5)] });
    const reading = new TimelineReading(before);
    assert.deepEqual(reading.unsaid({ ...before, messages: [message(1), message(2), ...before.messages] }), []);
    const came = { ...before, messages: [...before.messages, message(6), message(7, { own: true, nonce: 'x' }), message(8)] };
    assert.deepEqual(reading.unsaid(came).map(({ seq }) => seq), [6, 8]);
    assert.deepEqual(reading.unsaid(came), []);
});

test('what is being sent stands behind what was sent', () => {
    const outgoing = [{ nonce: 'n1' }, { nonce: 'n2' }];
    assert.deepEqual(itemsOf(/** @type {any} */ (conversation({ messages: [message(1)], outgoing }))).map(keyOf), ['m1', 'n1', 'n2']);
});
