/** What happens to a community while it is being asked for, while it cannot be had, and while the computer sleeps. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { communityActions } from '../../Sources/WebClient/Client/js/actions/communities.js';
import { community, garden, gardenOf, known, memberChanged, reading, readyInGarden, summary } from './community-fixtures.js';
import { action, after, bob, carol, id, isLive, stateAfter, storeOf, time } from './fixtures.js';

const attic = id(502);
const hour = 60 * 60 * 1000;
const resynced = { type: 'community-changed', state: 'member', reason: 'resynced', ...summary({ version: 5 }) };
const outdated = action('community-outdated', { communityId: garden });
const heard = (/** @type {any} */ frame) => ({ type: 'frame', frame, now: 0 });
const looksAt = (/** @type {string|undefined} */ community) => action('navigated', { route: community ? { view: 'community', address: null, community } : { view: 'home', address: null } });
const failed = (/** @type {string} */ code, /** @type {object} */ more = {}) => Object.assign(new Error(), { code, message: '', ...more });

test('an answer from before something may have been missed settles nothing, whatever its version', async () => {
    for (const doubt of [heard(resynced), outdated.action]) {
        for (const before of [4, 5]) {
            const state = stateAfter(readyInGarden({ servers: [summary({ version: 5 })] }), known({ version: before }), outdated, looksAt(garden), isLive);
            const { clock, store, asked } = reading(state, () => {
                if (asked.length === 1) store.dispatch(doubt);
                return community({ version: 5 });
            });
            await clock.pass(90);
            assert.deepEqual([asked.length, gardenOf(store.state).isOutdated], [1, true]);
            await clock.pass(10_000);
            assert.deepEqual([asked.length, gardenOf(store.state).isOutdated], [2, false]);
        }
    }
});

test('ready with the version that is known settles no doubt of before; one from a restored database is a doubt of its own', () => {
    const state = stateAfter(readyInGarden({ incarnation: 'one' }), known());
    assert.equal(gardenOf(after(state, outdated, readyInGarden({ incarnation: 'one' }))).isOutdated, true);
    const { doubts } = gardenOf(state);
    const restored = after(state, readyInGarden({ incarnation: 'two' }));
    const answer = (/** @type {number} */ of) => action('community-known', { community: community(), doubts: of });
    assert.equal(gardenOf(after(restored, answer(doubts))).isOutdated, true);
    assert.equal(gardenOf(after(restored, answer(gardenOf(restored).doubts))).isOutdated, false);
});

/** Pages of members, while each of which something happens. @param {Array<[string[], ...any]>} pages  who is in each, and what is heard meanwhile */
async function listing(...pages) {
    const store = storeOf(stateAfter(readyInGarden(), known()));
    let asked = 0;
    const get = async () => {
        const [who, ...frames] = pages[Math.min(asked, pages.length - 1)];
        asked += 1;
        for (const frame of frames) store.dispatch(heard(frame));
        return { members: who.map((address) => ({ user_id: address, username: address.split('@')[0], role_ids: [], joined_at: time(1) })) };
    };
    await communityActions(/** @type {any} */ ({ store, api: { get } })).loadMembers(garden);
    return [asked, [...gardenOf(store.state).members.members.keys()], gardenOf(store.state).memberDoubts];
}

test('a page of members from before one has gone or come is asked for again, and not for ever', async () => {
    const left = memberChanged({ state: 'gone', reason: 'left' });
    const joined = memberChanged({ version: 3, user_id: carol, username: 'carol', reason: 'joined' });
    assert.deepEqual(await listing([[bob, carol]]), [1, [bob, carol], 0]);
    assert.deepEqual(await listing([[bob, carol], left], [[carol]]), [2, [carol], 0]);
    assert.deepEqual(await listing([[bob], joined], [[bob, carol]]), [2, [bob, carol], 0]);
    assert.deepEqual(await listing([[bob], joined], [[bob, carol], left], [[carol]]), [3, [carol], 0]);
    assert.deepEqual(await listing([[bob, carol], joined]), [4, [bob, carol], 0]);
});

test('a time-out that ended while the computer slept is over once the link is back', async () => {
    for (const back of [readyInGarden(), { type: 'resumed', replayed: 0 }]) {
        let until = '';
        const { clock, store, asked } = reading(stateAfter(readyInGarden(), isLive), () => community(until ? { timed_out_until: until } : {}));
        until = new Date(clock.now + hour).toISOString();
        await clock.pass(1_000);
        const again = () => {
            store.dispatch({ type: 'link', link: { status: 'waiting', lostAt: 0, retryAt: null, reason: null } });
            store.dispatch(isLive.action);
            store.dispatch(heard(back));
        };
        again();
        await clock.pass(5_000);
        assert.deepEqual([asked.length, gardenOf(store.state).details.timedOutUntil], [1, until]);
        // Timers stand still.
        clock.now += 8 * hour;
        for (const timer of clock.timers) timer.at += 8 * hour;
        until = '';
        again();
        await clock.pass(5_000);
        assert.deepEqual([asked.length, gardenOf(store.state).details.timedOutUntil], [2, null]);
    }
});

/** Of two communities one can never be had. @param {() => Error} failure @param {...any} steps */
function besides(failure, ...steps) {
    const servers = [summary(), summary({ server_id: attic, name: 'Attic' })];
    return reading(stateAfter(readyInGarden({ servers }), ...steps, isLive), (path) => {
        if (path.endsWith(attic)) throw failure();
        return community({ version: 2 });
    });
}

test('a community that cannot be had holds up no other, and is asked for ever more rarely, until somebody looks at it', async () => {
    const { clock, store, asked } = besides(() => failed('unavailable'));
    const count = () => asked.filter((path) => path.endsWith(attic)).length;
    await clock.pass(1_200);
    assert.deepEqual(asked, [attic, garden].map((one) => `/servers/${one}`));
    await clock.pass(2 * hour);
    const before = count();
    assert.ok(before > 5 && before < 25, `${before} times`);
    store.dispatch(outdated.action);
    await clock.pass(1_100);
    assert.deepEqual([asked.at(-1), gardenOf(store.state).isOutdated, count()], [`/servers/${garden}`, false, before]);
    store.dispatch(looksAt(attic).action);
    await clock.pass(100);
    assert.equal(count(), before + 1);
    // Who goes to and fro does not ask each time.
    for (const one of [undefined, attic, garden, attic]) store.dispatch(looksAt(one).action);
    await clock.pass(100_000);
    assert.equal(count(), before + 1);
    await clock.pass(600_000);
    assert.equal(count(), before + 2);
});

test('the one that is shown and cannot be had holds up no other either', async () => {
    const { clock, asked } = besides(() => failed('unavailable', { retryAfterMs: 60_000 }), looksAt(attic));
    await clock.pass(30_000);
    assert.deepEqual(asked, [attic, garden].map((one) => `/servers/${one}`));
});

test('what the homeserver counts for the person holds up all of them, also the one that is shown', async () => {
    const { clock, store, asked } = besides(() => failed('rate_limited', { retryAfterMs: 60_000 }));
    await clock.pass(100);
    store.dispatch(looksAt(garden).action);
    await clock.pass(59_000);
    assert.deepEqual(asked, [`/servers/${attic}`]);
    await clock.pass(1_100);
    assert.deepEqual(asked, [attic, garden].map((one) => `/servers/${one}`));
});
