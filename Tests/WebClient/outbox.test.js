import assert from 'node:assert/strict';
import test from 'node:test';

import { problemOf } from '../../Sources/WebClient/Client/js/connection/outbox.js';
import { ack, bob, carol, Clock, live, outgoing, ready, settled } from './fixtures.js';
import { Disk, Page } from './outbox-fixtures.js';

const day = 24 * 60 * 60 * 1000;

const error = (/** @type {string} */ code, /** @type {string|undefined} */ nonce, /** @type {object} */ more = {}) => ({ type: 'error', code, message: 'no', ref_type: 'private-message', ...(nonce && { nonce }), ...more });

test('it is kept before it is sent', async () => {
    const [clock, disk] = [new Clock(), new Disk()];
    const page = await new Page(clock, disk).ready();
    /** @type {(done: boolean) => void} */ let keep = () => {};
    const put = disk.put;
    disk.put = async (...given) => {
        await new Promise((resolve) => (keep = /** @type {any} */ (resolve)));
        return put(...given);
    };
    await page.write('one');
    page.outbox.linkIsLive();
    assert.deepEqual([page.rows(), page.sent], [[['one', 'pending', null]], []]);
    keep(true);
    await settled();
    assert.deepEqual(page.sent, [{ type: 'private-message', receiver_id: bob, message: 'one', nonce: 'n1' }]);
    assert.equal(disk.entries.size, 1);
    await page.hear(ack('n1', bob, 1));
    assert.deepEqual([page.rows(), disk.entries.size], [[], 0]);
});

test('in order, one at a time in a conversation, conversations beside each other', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('one');
    await page.write('two');
    await page.write('to carol', carol);
    assert.deepEqual(page.texts, ['one', 'to carol']);
    await page.hear(ack('n1', bob, 1));
    assert.deepEqual(page.texts, ['one', 'to carol', 'two']);
});

test('written offline, sent in order when the link is there', async () => {
    const page = await new Page(new Clock(), new Disk()).open();
    await page.outbox.becomeSender();
    for (const text of ['one', 'two', 'three']) page.outbox.add(bob, text);
    await settled();
    assert.deepEqual(page.sent, []);
    page.outbox.linkIsLive();
    for (const n of [1, 2, 3]) await page.hear(ack(`n${n}`, bob, n));
    assert.deepEqual(page.texts, ['one', 'two', 'three']);
});

test('a cut before the answer: the same nonce again', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('one');
    page.outbox.linkIsLost();
    page.outbox.linkIsLive();
    assert.deepEqual(page.sent.map(({ nonce }) => nonce), ['n1', 'n1']);
    await page.hear(ack('n1', bob, 1, { duplicate: true }));
    assert.deepEqual([page.rows(), page.disk.entries.size], [[], 0]);
});

test('a live link that never answers: again after 15 s', async () => {
    const clock = new Clock();
    const page = await new Page(clock, new Disk()).ready();
    await page.write('one');
    await clock.pass(14_000);
    assert.equal(page.sent.length, 1);
    await clock.pass(2_000);
    assert.deepEqual(page.sent.map(({ nonce }) => nonce), ['n1', 'n1']);
});

test('a reload: what was unsent is shown and sent with its nonce', async () => {
    const [clock, disk] = [new Clock(), new Disk()];
    const before = await new Page(clock, disk).open();
    await before.write('one');
    await before.write('two');
    before.lifetime.abort();
    const page = await new Page(clock, disk, 'other').ready();
    assert.deepEqual(page.rows(), [['one', 'pending', null], ['two', 'pending', null]]);
    await page.hear(ack('n1', bob, 1));
    assert.deepEqual(page.sent.map(({ nonce, message }) => [nonce, message]), [['n1', 'one'], ['n2', 'two']]);
});

test('rate limited: waits as long as it was told, then the same again', async () => {
    const clock = new Clock();
    const page = await new Page(clock, new Disk()).ready();
    await page.write('one');
    await page.write('two');
    await page.hear(error('rate_limited', 'n1', { retry_after_ms: 700 }));
    await clock.pass(690);
    assert.deepEqual([page.texts, page.rows()[0]], [['one'], ['one', 'pending', null]]);
    await clock.pass(20);
    assert.deepEqual(page.texts, ['one', 'one']);
});

test('told to try again at once, it is a pause all the same', async () => {
    const clock = new Clock();
    const page = await new Page(clock, new Disk()).ready();
    await page.write('one');
    await page.hear(error('rate_limited', 'n1', { retry_after_ms: 0 }));
    await clock.pass(99);
    assert.deepEqual(page.texts, ['one']);
    await clock.pass(1);
    assert.deepEqual(page.texts, ['one', 'one']);
});

test('unavailable: again by itself; a refusal that names no frame too', async () => {
    const clock = new Clock();
    const page = await new Page(clock, new Disk()).ready();
    await page.write('one');
    await page.hear(error('unavailable', 'n1'));
    await clock.pass(3_000);
    await page.hear({ type: 'error', code: 'rate_limited', message: 'slow', retry_after_ms: 100 });
    await clock.pass(100);
    assert.deepEqual([page.texts, page.rows()], [['one', 'one', 'one'], [['one', 'pending', null]]]);
});

for (const code of ['not_friends', 'invalid', 'blocked', 'too_large', 'forbidden', 'internal', 'some_new_code']) {
    test(`${code}: failed with its reason, what comes after it goes on`, async () => {
        const page = await new Page(new Clock(), new Disk()).ready();
        await page.write('one');
        await page.write('two');
        await page.hear(error(code, 'n1'));
        assert.deepEqual([page.rows(), page.texts], [[['one', 'failed', code], ['two', 'pending', null]], ['one', 'two']]);
        assert.equal(page.disk.entries.get('n1').state, 'failed');
    });
}

test('an error about something else touches nothing', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('one');
    await page.hear(error('rate_limited', undefined, { ref_type: 'mark-read' }));
    await page.hear(error('not_friends', 'of-another'));
    await page.write('two');
    assert.deepEqual([page.texts, page.rows()[0]], [['one'], ['one', 'pending', null]]);
});

test('retry: the same nonce, behind what was written meanwhile', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('one');
    await page.hear(error('not_friends', 'n1'));
    await page.write('two');
    page.outbox.retry('n1');
    await settled();
    assert.deepEqual(page.texts, ['one', 'two']);
    await page.hear(ack('n2', bob, 1));
    assert.deepEqual(page.sent.map(({ nonce }) => nonce), ['n1', 'n2', 'n1']);
    assert.equal(page.disk.entries.get('n1').state, 'pending');
});

test('cancel: gone from the page and the disk; what waited behind it goes', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('one');
    await page.write('two');
    page.outbox.cancel('n1');
    await settled();
    assert.deepEqual([page.rows(), [...page.disk.entries.keys()], page.texts], [[['two', 'pending', null]], ['n2'], ['one', 'two']]);
});

test('older than a day: never sent by itself, not live and not after a reload', async () => {
    const [clock, disk] = [new Clock(), new Disk()];
    const page = await new Page(clock, disk).open();
    await page.outbox.becomeSender();
    await page.write('old');
    clock.now += day + 1;
    await page.write('new');
    page.outbox.linkIsLive();
    await settled();
    assert.deepEqual([page.texts, page.rows()], [['new'], [['old', 'failed', 'expired'], ['new', 'pending', null]]]);
    page.lifetime.abort();
    disk.entries.set('x', outgoing('x', { createdAt: clock.now - day - 1 }));
    const next = await new Page(clock, disk, 'm').ready();
    assert.deepEqual(next.texts, ['new']);
    assert.deepEqual(next.rows().filter(([, state]) => state === 'failed').map(([, , code]) => code), ['expired', 'expired']);
    next.outbox.retry('x');
    await next.hear(ack('n2', bob, 1));
    assert.deepEqual(next.texts, ['new', 'text of x']);
});

test('a disk that takes nothing: sent from memory', async () => {
    const disk = new Disk();
    disk.isBroken = true;
    const page = await new Page(new Clock(), disk).ready();
    await page.write('one');
    assert.deepEqual(page.texts, ['one']);
});

/** @param {string} [second] */
async function twoTabs(second = 'b') {
    const [clock, disk] = [new Clock(), new Disk()];
    const [one, two] = [new Page(clock, disk, 'a'), new Page(clock, disk, second)];
    one.others = [two];
    two.others = [one];
    await one.ready();
    await two.open();
    two.outbox.linkIsLive();
    return [one, two];
}

test('two tabs: only the one with the lock sends, both show the same', async () => {
    const [one, two] = await twoTabs();
    await two.write('from two');
    assert.deepEqual([one.texts, two.texts], [['from two'], []]);
    assert.deepEqual([one.rows(), two.rows()], [[['from two', 'pending', null]], [['from two', 'pending', null]]]);
    await one.hear(error('not_friends', 'b1'));
    assert.deepEqual([one.rows(), two.rows()], [[['from two', 'failed', 'not_friends']], [['from two', 'failed', 'not_friends']]]);
    two.outbox.retry('b1');
    await settled();
    assert.deepEqual([one.texts, two.texts, one.rows()], [['from two', 'from two'], [], [['from two', 'pending', null]]]);
    await one.hear(ack('b1', bob, 1));
    await two.hear(live(bob, 1, { own: true, nonce: 'b1' }));
    assert.deepEqual([one.rows(), two.rows(), one.disk.entries.size], [[], [], 0]);
});

test('two tabs: cancelled in one, gone in both', async () => {
    const [one, two] = await twoTabs();
    one.isConnected = false;
    await two.write('from two');
    one.outbox.cancel('b1');
    await settled();
    assert.deepEqual([one.rows(), two.rows(), one.disk.entries.size], [[], [], 0]);
});

test('the tab with the lock closes: the other one sends what it kept', async () => {
    const [one, two] = await twoTabs();
    one.isConnected = false;
    await one.write('one');
    await two.write('two');
    one.lifetime.abort();
    await two.outbox.becomeSender();
    await two.hear(ack('a1', bob, 1));
    assert.deepEqual(two.texts, ['one', 'two']);
});

test('a nonce that two tabs sent: one message', async () => {
    const [one, two] = await twoTabs();
    await one.write('one');
    await two.outbox.becomeSender();
    assert.deepEqual([one.texts, two.texts], [['one'], ['one']]);
    await one.hear(ack('a1', bob, 1));
    await two.hear(live(bob, 1, { own: true, nonce: 'a1', message: 'one' }));
    await two.hear(ack('a1', bob, 1, { duplicate: true, s: 2 }));
    for (const page of [one, two]) assert.deepEqual([page.rows(), page.store.state.conversations.get(bob).messages.length], [[], 1]);
});

test('the answer came by history only: it counts as sent', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('one');
    await page.write('two');
    const { message_id, ...raw } = live(bob, 1, { own: true, nonce: 'n1' });
    page.store.dispatch({ type: 'page', address: bob, page: { messages: [{ ...raw, message_id }], last_seq: 1 }, limit: 50 });
    await settled();
    assert.deepEqual([[...page.disk.entries.keys()], page.texts], [['n2'], ['one', 'two']]);
});

test('stopped: signing out sends nothing and forgets nothing', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    page.isConnected = false;
    await page.write('one');
    page.lifetime.abort();
    page.store.dispatch({ type: 'signed-out' });
    page.isConnected = true;
    page.outbox.linkIsLive();
    await settled();
    assert.deepEqual([page.texts, [...page.disk.entries.keys()]], [[], ['n1']]);
});

test('stopped because somebody else signed in: what is deleted then is gone from the disk too', async () => {
    const page = await new Page(new Clock(), new Disk()).open();
    await page.write('one');
    page.lifetime.abort();
    page.outbox.cancel('n1');
    await settled();
    assert.equal(page.disk.entries.size, 0);
});

test('more than 500 that wait are not taken', async () => {
    const page = await new Page(new Clock(), new Disk()).open();
    for (let n = 0; n <= 500; n += 1) page.outbox.add(bob, String(n));
    assert.deepEqual(page.rows().at(-1), ['500', 'failed', 'outbox_full']);
    assert.equal(page.rows().at(-2)[1], 'pending');
});

/** @type {Array<[string, string, string|null]>} */
const texts = [
    ['a word', 'hi', null],
    ['nothing', '', 'invalid'],
    ['U+0000', 'a\0b', 'invalid'],
    ['4,000 code points', 'x'.repeat(4_000), null],
    ['4,001 code points', 'x'.repeat(4_001), 'too_large'],
    ['4,000 code points outside the first plane', '😀'.repeat(4_000), null],
    ['4,001 of them', '😀'.repeat(4_001), 'too_large'],
    ['more bytes than its limit', 'é'.repeat(600), 'too_large'],
];
for (const [name, text, expected] of texts) {
    test(`a message of ${name}: ${expected ?? 'fine'}`, () => {
        const limits = name.startsWith('more bytes') ? { message_code_points: 4_000, message_bytes: 1_000 } : {};
        assert.equal(problemOf(text, limits)?.code ?? null, expected);
    });
}

test('a limit of nothing is none', () => assert.equal(problemOf('hello', { message_code_points: 0, message_bytes: 0 }), null));

test('what the homeserver would refuse is not sent', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('x'.repeat(4_001));
    await page.write('two');
    assert.deepEqual([page.texts, page.rows()[0].slice(1)], [['two'], ['failed', 'too_large']]);
});

test('an answer in the middle of the page going does not bring back what was cancelled', async () => {
    const page = await new Page(new Clock(), new Disk()).open();
    await page.write('one');
    const reading = page.outbox.becomeSender();
    page.outbox.cancel('n1');
    await reading;
    page.outbox.linkIsLive();
    await settled();
    assert.deepEqual([page.rows(), page.texts], [[], []]);
});
