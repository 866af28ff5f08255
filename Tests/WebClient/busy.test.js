/** A channel in which a lot is said: each message costs little, also where many are loaded, and nobody who looks elsewhere keeps all of them. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { appended, combined } from '../../Sources/WebClient/Client/js/store/messages.js';
import { deletion, garden, general, known, post, posted, readyInGarden } from './community-fixtures.js';
import { action, after, bob, historyPage, id, live, message, ready, seeded, seqs, stateAfter } from './fixtures.js';

const of = (/** @type {any} */ state, /** @type {string} */ address = general) => state.conversations.get(address);
const shows = (/** @type {string|null} */ address) => action('navigated', { route: { view: 'channel', address, community: garden } });
const range = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('a message that is put behind the others gives what the general way gives', () => {
    let count = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
        const random = seeded(seed);
        const upTo = (/** @type {number} */ most) => Math.floor(random() * (most + 1));
        const one = (/** @type {number} */ seq, /** @type {number} */ number) => ({ messageId: id(number), seq, text: `text ${number}`, deleted: random() < 0.1, nonce: random() < 0.3 ? `n${number}` : null, delivery: null, mentions: [] });
        // Some numbers are those of deletions; some are loaded, or nothing is.
        const first = 1 + upTo(5);
        const there = range(first, first + upTo(12)).filter(() => random() < 0.8).map((seq) => one(seq, seq));
        const loadedSeq = there.length === 0 ? upTo(1) * upTo(9) : there[there.length - 1].seq + upTo(2);
        const conversation = /** @type {any} */ ({ messages: Object.freeze(there), loadedSeq });
        for (let turn = 0; turn < 20; turn += 1) {
            const from = random() < 0.6 ? loadedSeq + 1 : upTo(loadedSeq + 3);
            // What one is told may be what one knows already, also under another number.
            const told = range(1, random() < 0.8 ? 1 : upTo(3)).map((_, at) => one(random() < 0.8 ? from + at : upTo(loadedSeq + 2), random() < 0.6 ? 100 + from + at : upTo(loadedSeq + 2)));
            const deletions = new Set(random() < 0.8 ? [] : [id(upTo(loadedSeq + 2))]);
            const fast = appended(conversation, /** @type {any} */ (told), { from, through: from + upTo(1) }, deletions);
            if (fast) count += 1;
            if (fast) assert.deepEqual(fast, combined(conversation.messages, /** @type {any} */ (told), deletions), `seed ${seed}, turn ${turn}`);
        }
    }
    // It is the usual way, not an exception.
    assert.ok(count > 1_000, String(count));
});

test('the next message of a conversation goes the short way, as one that is there already or comes too early does not', () => {
    const conversation = of(stateAfter(readyInGarden(), known(), posted(1), posted(2)));
    const next = (/** @type {number} */ seq, /** @type {object} */ more = {}) => ({ ...conversation.messages[0], messageId: id(900 + seq), seq, ...more });
    const way = (/** @type {any[]} */ messages, /** @type {number} */ seq) => appended(conversation, messages, { from: seq, through: seq }, new Set())?.map(({ seq: number }) => number) ?? null;
    assert.deepEqual(way([next(3)], 3), [1, 2, 3]);
    assert.deepEqual([way([next(2)], 2), way([next(4)], 4), way([], 3), way([next(3, { messageId: conversation.messages[0].messageId })], 3)], [null, null, null, null]);
});

test('a busy channel that was opened once and left keeps its last messages, not all that ever come', () => {
    let state = stateAfter(readyInGarden(), known(), shows(general), posted(1));
    state = after(state, shows(null));
    for (let seq = 2; seq <= 1_000; seq += 1) state = after(state, posted(seq));
    assert.deepEqual([of(state).messages.length, of(state).complete], [1_000, true]);
    state = after(state, posted(1_001));
    const { complete, loadedSeq, lastSeq, stale, unread, preview } = of(state);
    assert.deepEqual([seqs(of(state)), complete, loadedSeq, lastSeq, stale, unread, preview.seq], [range(502, 1_001), false, 1_001, 1_001, false, 1_001, 1_001]);
    // The rest can be had again.
    const older = action('page', { address: general, page: { messages: range(452, 501).map((seq) => post(seq)), channel_id: general, server_id: garden, last_seq: 1_001, read_seq: 0 }, before: 502, limit: 50 });
    assert.deepEqual(seqs(of(after(state, older))), range(452, 1_001));
    // Of a person it is the same.
    let direct = after(stateAfter(ready()), ...range(1, 1_001).map((seq) => live(bob, seq)));
    assert.deepEqual([seqs(of(direct, bob)), of(direct, bob).complete], [range(502, 1_001), false]);
    direct = after(direct, historyPage(bob, range(452, 501).map((seq) => message(bob, seq)), 1_001, { before: 502 }));
    assert.equal(of(direct, bob).messages.length, 550);
});

test('what is not loaded, or comes behind a hole, cuts nothing', () => {
    const full = after(stateAfter(readyInGarden(), known(), shows(general)), ...range(1, 1_200).map((seq) => posted(seq)));
    assert.equal(of(full).messages.length, 1_200);
    const elsewhere = after(full, shows(null));
    assert.equal(of(after(elsewhere, posted(1_202))).messages.length, 1_200);
    assert.equal(of(after(elsewhere, posted(1_201))).messages.length, 500);
    const unloaded = after(stateAfter(readyInGarden({ channels: [{ id: general, server_id: garden, last_seq: 9, read_seq: 9, unread: 0, mentions: 0 }] }), known()), posted(10));
    assert.deepEqual([of(unloaded).messages, of(unloaded).complete, of(unloaded).stale], [[], false, true]);
});

for (let seed = 1; seed <= 6; seed += 1) {
    test(`whoever looks elsewhere has the end of what he would have who looks on, and all else as he has it (seed ${seed})`, () => {
        const random = seeded(seed);
        let shown = stateAfter(readyInGarden(), known(), shows(general));
        let left = after(shown, shows(null));
        let longest = 0;
        let seq = 0;
        const recent = /** @type {number[]} */ ([]);
        for (let turn = 0; turn < 2_500; turn += 1) {
            const choice = random();
            seq += 1;
            const isDeletion = choice < 0.03 && recent.length > 0;
            const gone = isDeletion ? recent.splice(Math.floor(random() * recent.length), 1)[0] : 0;
            const own = choice > 0.9;
            const frame = isDeletion ? deletion(gone, seq) : posted(seq, { own, mentions: choice > 0.4 && choice < 0.45 ? ['everyone'] : [] });
            if (!isDeletion) recent.push(seq);
            if (recent.length > 200) recent.shift();
            // Some come twice, and what was lost on the way comes as a page of events.
            const steps = choice > 0.2 && choice < 0.23 ? [frame, frame] : choice > 0.3 && choice < 0.32 ? [action('page', { address: general, page: { events: [frame], conversation_id: general, last_seq: seq }, after: seq - 1, limit: 200 }), frame] : [frame];
            shown = after(shown, ...steps);
            left = after(left, ...steps);
            const { messages: all, complete: isWhole, ...others } = of(shown);
            const { messages: end, complete, ...same } = of(left);
            assert.deepEqual(same, others, `turn ${turn}`);
            assert.ok(end.length <= 1_001 && end.length >= Math.min(all.length, 500), `turn ${turn}: ${end.length}`);
            assert.equal(complete, isWhole && end.length === all.length, `turn ${turn}`);
            assert.deepEqual(end.at(-1), all.at(-1));
            longest = Math.max(longest, end.length);
        }
        assert.deepEqual(of(left).messages, of(shown).messages.slice(-of(left).messages.length));
        assert.ok(of(shown).messages.length > 2_000 && longest >= 1_000 && of(left).messages.length < 1_001);
    });
}
