/** What was written into a channel of another homeserver, until that has answered: over reloads, absences and in several tabs. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { unsentCount } from '../../Sources/WebClient/Client/js/store/selectors.js';
import { channel, channelAck, community, garden, general, known, post, readyInGarden, sheds, summary } from './community-fixtures.js';
import { bob, Clock, ready, settled } from './fixtures.js';
import { Disk, Page } from './outbox-fixtures.js';

const day = 24 * 60 * 60 * 1000;

/** @param {Disk} disk */
const keptOf = (disk) => [...disk.entries.values()].map(({ text, state, failure }) => [text, state, failure?.code ?? null]);
const told = (/** @type {object} */ more) => ({ type: 'delivery', message_id: channelAck('n1', null).message_id, server: 'beta.example', s: 9, ...more });

test('what waits for the home of a community waits after a reload, too, and is asked for once with the same nonce', async () => {
    const [clock, disk] = [new Clock(), new Disk()];
    const page = await new Page(clock, disk).ready();
    await page.write('one', general);
    await page.hear(channelAck('n1', null));
    await page.hear(told({ state: 'delayed' }));
    assert.deepEqual([page.rows(general), keptOf(disk), page.texts], [[['one', 'delayed', null]], [['one', 'delayed', null]], ['one']]);
    page.lifetime.abort();
    clock.now += 2 * day;
    const next = await new Page(clock, disk, 'm').ready();
    assert.deepEqual([next.rows(general), next.sent.map(({ nonce }) => nonce)], [[['one', 'delayed', null]], ['n1']]);
    await next.write('two', general);
    assert.deepEqual(next.texts, ['one']);
    await next.hear(channelAck('n1', null, { duplicate: true }));
    await next.hear(channelAck('m1', null, { message_id: post(7).message_id }));
    assert.deepEqual([next.texts, next.rows(general)], [['one', 'two'], [['one', 'delayed', null], ['two', 'queued', null]]]);
    await next.hear({ type: 'new-channel-message', ...post(1, { own: true, nonce: 'n1', message: 'one' }), s: 1 });
    assert.deepEqual([next.rows(general), keptOf(disk)], [[['two', 'queued', null]], [['two', 'queued', null]]]);
});

test('after an absence it is asked what has become of what was queued', async () => {
    const page = await new Page(new Clock(), new Disk()).ready();
    await page.write('one', general);
    await page.write('two', general);
    await page.hear(channelAck('n1', null));
    await page.hear(channelAck('n2', null, { message_id: post(7).message_id }));
    page.outbox.linkIsLost();
    page.outbox.linkIsLive();
    await settled();
    assert.deepEqual(page.texts, ['one', 'two']);
    // It went on elsewhere: only now something may have been missed.
    page.outbox.linkIsLost();
    await page.hear(ready({ servers: [{ server_id: garden, name: 'Garden', owner_user_id: bob, version: 1 }], channels: [{ id: general, server_id: garden, last_seq: 0, read_seq: 0, unread: 0, mentions: 0 }], server_invites: [] }));
    page.outbox.linkIsLive();
    await settled();
    await page.hear(channelAck('n1', 4));
    await page.hear({ type: 'error', code: 'forbidden', message: 'no', ref_type: 'channel-message', nonce: 'n2' });
    assert.deepEqual([page.texts, page.rows(general)], [['one', 'two', 'one', 'two'], [['two', 'failed', 'forbidden']]]);
});

test('what the home of a community refuses is refused in all tabs, and after a reload', async () => {
    const [clock, disk] = [new Clock(), new Disk()];
    const one = await new Page(clock, disk).ready();
    const two = await new Page(clock, disk, 'm').open();
    one.others = [two];
    two.others = [one];
    two.outbox.linkIsLive();
    await one.write('one', general);
    await one.hear(channelAck('n1', null));
    assert.deepEqual(two.rows(general), [['one', 'queued', null]]);
    for (const page of [two, one]) await page.hear(told({ state: 'failed', reason: 'slow_mode' }));
    for (const page of [one, two]) assert.deepEqual(page.rows(general), [['one', 'failed', 'slow_mode']]);
    assert.deepEqual(keptOf(disk), [['one', 'failed', 'slow_mode']]);
    two.outbox.retry('n1');
    await settled();
    assert.deepEqual([one.texts, two.texts, two.rows(general)], [['one', 'one'], [], [['one', 'pending', null]]]);
});

test('what waits for slow mode goes when the channel changes, and not when another does or when it waits for something else', async () => {
    const clock = new Clock();
    const page = await new Page(clock, new Disk()).ready();
    const refused = (/** @type {string} */ code) => ({ type: 'error', code, message: 'no', ref_type: 'channel-message', nonce: 'n1', retry_after_ms: 30_000 });
    const changed = (/** @type {string} */ id) => ({ type: 'channel-changed', server_id: garden, version: 2, channel_id: id, state: 'present', channel: channel(id), s: 1 });
    await page.write('one', general);
    await page.hear(refused('slow_mode'));
    await page.hear(changed(post(9).message_id));
    assert.deepEqual(page.texts, ['one']);
    await page.hear(changed(general));
    assert.deepEqual(page.texts, ['one', 'one']);
    // It was only made shorter.
    await page.hear({ ...refused('slow_mode'), retry_after_ms: 5_000 });
    await clock.pass(5_000);
    assert.equal(page.sent.length, 3);
    await page.hear(refused('rate_limited'));
    await page.hear(changed(general));
    assert.equal(page.sent.length, 3);
    await clock.pass(30_000);
    assert.equal(page.sent.length, 4);
});

/** What was written in the garden, one of it refused, is on this disk, and the page that wrote it is gone. @param {Clock} clock */
async function leftBehind(clock) {
    const disk = new Disk();
    const page = await new Page(clock, disk).ready();
    await page.hear(readyInGarden());
    await page.write('one', general);
    await page.write('two', general);
    await page.hear({ type: 'error', code: 'forbidden', message: 'no', ref_type: 'channel-message', nonce: 'n1' });
    assert.deepEqual(keptOf(disk), [['one', 'failed', 'forbidden'], ['two', 'pending', null]]);
    page.lifetime.abort();
    return disk;
}

test('what was unsent in a community that one is not in any more is told once `ready` says so, and waits nowhere unseen', async () => {
    const clock = new Clock();
    for (const isRestoredLate of [false, true]) {
        const disk = await leftBehind(clock);
        const page = new Page(clock, disk, 'm');
        const parts = [() => page.open(), async () => (await page.hear(ready()), page.outbox.linkIsLive())];
        for (const part of isRestoredLate ? parts.reverse() : parts) await part();
        await settled();
        assert.deepEqual([page.lost, keptOf(disk), unsentCount(page.store.state), page.store.state.conversations.has(general)], [['one', 'two'], [], 0, false]);
        await page.outbox.becomeSender();
        assert.deepEqual([page.lost, page.sent], [['one', 'two'], []]);
    }
});

test('it stays while one is in the community, whether or not `ready` names its channel', async () => {
    const clock = new Clock();
    for (const more of [{}, { channels: [] }]) {
        const disk = await leftBehind(clock);
        const page = await new Page(clock, disk, 'm').open();
        await page.hear(readyInGarden(more));
        page.store.dispatch(known().action);
        await page.outbox.becomeSender();
        page.outbox.linkIsLive();
        await settled();
        assert.deepEqual([page.lost, page.texts, page.rows(general)], [[], ['two'], [['one', 'failed', 'forbidden'], ['two', 'pending', null]]]);
        assert.deepEqual([page.store.state.conversations.get(general)?.username, page.store.state.conversations.get(general)?.writable], ['general', true]);
        // Then its channel is gone: an answer from before that is told of something later does not say so yet.
        const without = { channels: [channel(sheds)] };
        page.store.dispatch({ type: 'frame', frame: { type: 'community-changed', state: 'member', ...summary({ version: 3 }) }, now: 0 });
        page.store.dispatch({ type: 'community-known', community: community({ version: 2, ...without }) });
        assert.deepEqual([page.lost, keptOf(disk).length], [[], 2]);
        page.store.dispatch({ type: 'community-known', community: community({ version: 3, ...without }) });
        await settled();
        assert.deepEqual([page.lost, keptOf(disk), unsentCount(page.store.state)], [['one', 'two'], [], 0]);
    }
});

test('what was sent or deleted before one was put out is not lost, nor what the homeserver has', async () => {
    const page = await new Page(new Clock(), new Disk()).open();
    await page.hear(readyInGarden());
    for (const text of ['one', 'two', 'three', 'four']) await page.write(text, general);
    await page.hear({ type: 'new-channel-message', ...post(1, { own: true, nonce: 'n1', message: 'one' }), s: 1 });
    page.outbox.cancel('n2');
    await page.hear(channelAck('n3', null));
    await page.hear({ type: 'community-changed', state: 'gone', reason: 'kicked', ...summary({ version: 3 }), s: 2 });
    assert.deepEqual([page.lost, keptOf(page.disk)], [['four'], []]);
});
