/** What was written into a channel of another homeserver, until that has answered: over reloads, absences and in several tabs. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { channel, channelAck, garden, general, post } from './community-fixtures.js';
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
