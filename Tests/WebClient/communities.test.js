/** Communities and their channels in the store: what each frame does, what is asked for, and that pages, replays and deletions agree. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Outbox } from '../../Sources/WebClient/Client/js/connection/outbox.js';
import { ReadMarker } from '../../Sources/WebClient/Client/js/connection/read-marker.js';
import { communityFrameChecks } from '../../Sources/WebClient/Client/js/store/community-frames.js';
import { communityCounts, communityList, conversationList, invitationList, openInvitations, totalUnread, unsentCount } from '../../Sources/WebClient/Client/js/store/selectors.js';
import { channel, channelAck, community, deletion, everybody, garden, gardeners, gardenOf, general, invitation, known, memberChanged, post, posted, reading, readyInGarden, role, sheds, summary, unread, voices } from './community-fixtures.js';
import { action, after, alice, bob, carol, Clock, id, isLive, live, outgoing, ready, seqs, settled, stateAfter, storeOf, time } from './fixtures.js';

const of = (/** @type {any} */ state, /** @type {string} */ channelId = general) => state.conversations.get(channelId);
const names = (/** @type {any} */ state) => gardenOf(state).details.channels.map((/** @type {any} */ one) => one.name);
const changed = (/** @type {object} */ more) => ({ type: 'community-changed', version: 2, state: 'member', ...summary({ version: 2 }), ...more });
const channelChanged = (/** @type {string} */ channelId, /** @type {object} */ more = {}) => ({ type: 'channel-changed', server_id: garden, version: 2, channel_id: channelId, state: 'present', channel: channel(channelId, { permissions: undefined }), ...more });
const counts = (/** @type {any} */ state) => [of(state).unread, of(state).mentions];
const inGarden = [readyInGarden(), known()];
const mine = (/** @type {string} */ nonce, /** @type {object} */ more = {}) => action('outgoing-added', { entry: outgoing(nonce, { address: general, ...more }) });

const pageOf = (/** @type {any[]} */ messages, /** @type {number} */ lastSeq, /** @type {object} */ more = {}) =>
    action('page', { address: general, page: { messages, channel_id: general, server_id: garden, last_seq: lastSeq, read_seq: 0 }, limit: 50, ...more });
const eventsOf = (/** @type {any[]} */ events, /** @type {number} */ lastSeq, /** @type {number} */ afterSeq) =>
    action('page', { address: general, page: { events, conversation_id: general, last_seq: lastSeq }, after: afterSeq, limit: 200 });

const late = { type: 'delivery', message_id: id(510_999), server: 'beta.example', state: 'delayed', s: 2 };
const accepted = { type: 'server-invite-changed', invite_id: id(530), server_id: id(501), state: 'accepted', s: 1 };

/** @type {Array<[string, any[], any, (state: any) => any, any]>} */
const table = [
    ['ready brings communities, channels and invitations', [], readyInGarden({ channels: [unread(general, { last_seq: 9, read_seq: 4, unread: 3, mentions: 1 })], server_invites: [invitation()] }), (s) => [communityList(s).map(({ name }) => name), counts(s), of(s).stale, invitationList(s).map(({ communityName }) => communityName)], [['Garden'], [3, 1], true, ['Orchard']]],
    ['ready of a homeserver without communities', [], ready({ servers: undefined, channels: undefined, server_invites: undefined }), (s) => [s.communities.size, s.malformed], [0, 0]],
    ['ready without a community takes it away, with its channels', inGarden, ready(), (s) => [s.communities.size, s.conversations.has(general)], [0, false]],
    ['ready keeps what is loaded of a channel', [...inGarden, posted(1)], readyInGarden({ channels: [unread(general, { last_seq: 1, unread: 1 })] }), (s) => [seqs(of(s)), names(s), gardenOf(s).isOutdated], [[1], ['general', 'sheds', 'talk'], false]],
    ['ready says that a community has changed meanwhile', inGarden, readyInGarden({ servers: [summary({ version: 2, name: 'Yard', stale: true })] }), (s) => [gardenOf(s).name, gardenOf(s).isStale, gardenOf(s).isOutdated, names(s)], ['Yard', true, true, ['general', 'sheds', 'talk']]],
    ['what one has read says it already', [readyInGarden(), known({ version: 5 })], changed({ version: 5, name: 'Yard' }), (s) => [gardenOf(s).name, gardenOf(s).isOutdated], ['Garden', false]],
    ['something may have been missed, whatever the version', [readyInGarden(), known({ version: 5 })], changed({ version: 5, name: 'Yard', reason: 'resynced' }), (s) => [gardenOf(s).name, gardenOf(s).isOutdated, gardenOf(s).memberDoubts], ['Yard', true, 1]],
    ['ready after a restored backup, with the version that was there before', [readyInGarden({ incarnation: 'one' }), known()], readyInGarden({ incarnation: 'two' }), (s) => [gardenOf(s).isOutdated, gardenOf(s).memberDoubts], [true, 1]],
    ['ready after the home of a community was restored', [readyInGarden({ servers: [summary({ incarnation: 'one' })] }), known()], readyInGarden({ servers: [summary({ incarnation: 'two' })] }), (s) => [gardenOf(s).isOutdated, gardenOf(s).memberDoubts], [true, 1]],
    ['ready that names none of very many channels, of which only their community has told', [readyInGarden({ incarnation: 'one', channels: [] }), known({ channels: [channel(general, { last_seq: 3, unread: 1 })] })], readyInGarden({ incarnation: 'one', channels: [] }), (s) => [of(s).username, of(s).lastSeq, of(s).unread, of(s).stale, of(s).writable], ['general', 3, 0, true, true]],
    ['ready of what is as it was', [readyInGarden({ incarnation: 'one' }), known()], readyInGarden({ incarnation: 'one' }), (s) => [gardenOf(s).isOutdated, gardenOf(s).memberDoubts], [false, 0]],
    ['what else is of a version comes before the member whom it is about', [...inGarden, channelChanged(general, { channel: channel(general, { topic: 'new' }) })], memberChanged({ version: 2, reason: 'joined' }), (s) => [gardenOf(s).details.channels[0].topic, gardenOf(s).details.memberCount, gardenOf(s).isOutdated], ['new', 4, true]],
    ['a member who came before one read is counted already', [readyInGarden(), known({ version: 5 })], memberChanged({ version: 5, reason: 'joined' }), (s) => [gardenOf(s).details.memberCount, gardenOf(s).isOutdated], [3, false]],
    ['a channel that a full ready does not name has nothing unread', [...inGarden, posted(1)], readyInGarden({ channels: [] }), (s) => [seqs(of(s)), of(s).unread], [[1], 0]],
    ['channels are no conversations of the column', [...inGarden, posted(1)], live(bob, 1), (s) => conversationList(s).map(({ address }) => address), [bob]],
    ['a message in a channel', inGarden, posted(1), (s) => [counts(s), of(s).messages[0].fromUsername, of(s).communityId, totalUnread(s), communityCounts(s).get(garden)], [[1, 0], 'bob', garden, 0, { unread: 1, mentions: 0 }]],
    ['one that mentions me', inGarden, posted(1, { mentions: [carol, alice.address] }), (s) => [counts(s), totalUnread(s)], [[1, 1], 1]],
    ['one that mentions everyone', inGarden, posted(1, { mentions: ['everyone'] }), counts, [1, 1]],
    ['one that mentions a role of mine', inGarden, posted(1, { mentions: [gardeners] }), counts, [1, 1]],
    ["one that mentions others' role", inGarden, posted(1, { mentions: [id(599)] }), counts, [1, 0]],
    ["one's own is not unread, whomever it mentions", inGarden, posted(1, { own: true, mentions: ['everyone'] }), counts, [0, 0]],
    ['one of somebody who wrote it elsewhere takes the place of what waits', [...inGarden, mine('a')], posted(1, { own: true, nonce: 'a' }), (s) => [of(s).outgoing.length, seqs(of(s))], [0, [1]]],
    ['ack with a number', [...inGarden, mine('a', { mentions: [bob] })], channelAck('a', 1), (s) => [of(s).outgoing.length, of(s).messages[0].mentions, of(s).messages[0].delivery, of(s).unread], [0, [bob], null, 0]],
    ['ack without a number: the home of the community has to answer', [...inGarden, mine('a')], channelAck('a', null), (s) => [of(s).outgoing.map((/** @type {any} */ one) => [one.state, one.messageId]), seqs(of(s)), unsentCount(s)], [[['queued', id(510_999)]], [], 0]],
    ['then it comes with its number', [...inGarden, mine('a'), channelAck('a', null)], posted(1, { own: true, nonce: 'a' }), (s) => [of(s).outgoing.length, seqs(of(s))], [0, [1]]],
    ['or the home of the community refuses it', [...inGarden, mine('a'), channelAck('a', null)], { type: 'delivery', message_id: id(510_999), server: 'beta.example', state: 'failed', reason: 'forbidden', s: 2 }, (s) => of(s).outgoing.map((/** @type {any} */ one) => [one.state, one.failure.code]), [['failed', 'forbidden']]],
    ['or it is late, and the homeserver says so', [...inGarden, mine('a'), channelAck('a', null)], late, (s) => of(s).outgoing.map((/** @type {any} */ one) => [one.state, one.server]), [['delayed', 'beta.example']]],
    ['what is late stays so when it is asked for again', [...inGarden, mine('a'), channelAck('a', null), late], channelAck('a', null, { duplicate: true }), (s) => [of(s).outgoing[0].state, unsentCount(s)], ['delayed', 0]],
    ['what was refused is sent anew, under another id', [...inGarden, mine('a'), channelAck('a', null), { ...late, state: 'failed', reason: 'forbidden' }, action('outgoing-retried', { nonce: 'a', createdAt: 9 })], channelAck('a', null, { message_id: id(510_998) }), (s) => [of(s).outgoing[0].state, of(s).outgoing[0].messageId, of(s).outgoing[0].server], ['queued', id(510_998), undefined]],
    ['a deletion keeps the place and takes the words', [...inGarden, posted(1, { mentions: ['everyone'] }), posted(2)], deletion(1, 3), (s) => [seqs(of(s)), of(s).messages.map((/** @type {any} */ one) => [one.text, one.deleted]), of(s).loadedSeq, counts(s)], [[1, 2], [['', true], ['post 2', false]], 3, [1, 0]]],
    ['a deletion that comes twice counts once', [...inGarden, posted(1), posted(2), deletion(1, 3)], deletion(1, 3), counts, [1, 0]],
    ['a deletion of what was read changes no count', [readyInGarden({ channels: [unread(general, { last_seq: 0 })] }), known(), posted(1), { type: 'unread-changed', server_id: garden, channel_id: general, read_seq: 1, unread: 0, mentions: 0, last_seq: 1 }], deletion(1, 2), counts, [0, 0]],
    ['a mention of roles before one knows one’s own makes the counts doubtful', [readyInGarden()], posted(1, { mentions: [gardeners] }), (s) => [counts(s), of(s).isMiscounted], [[1, 0], true]],
    ['a deletion of what is not loaded makes the counts doubtful', [readyInGarden({ channels: [unread(general, { last_seq: 5, unread: 3, mentions: 1 })] }), known()], deletion(1, 6), (s) => [counts(s), of(s).isMiscounted], [[3, 1], true]],
    ['a deletion where nothing is unread makes nothing doubtful', [readyInGarden({ channels: [unread(general, { last_seq: 5, read_seq: 5 })] }), known()], deletion(1, 6), (s) => of(s).isMiscounted, false],
    ['a deletion in a channel of which nothing was known makes the counts doubtful', [ready(), changed({ reason: 'joined' })], deletion(1, 6), (s) => [of(s).lastSeq, of(s).isMiscounted], [6, true]],
    ['a deletion of what a page has told as deleted makes the counts doubtful', [...inGarden, pageOf([post(1, { deleted: true, message: '' })], 2), posted(1, { mentions: ['everyone'] })], deletion(1, 2), (s) => [counts(s), of(s).isMiscounted], [[1, 1], true]],
    ['a message behind a hole makes the counts doubtful', [...inGarden, posted(1)], posted(3), (s) => of(s).isMiscounted, true],
    ['a message that an answer has counted does not count again', [readyInGarden(), known({ channels: [channel(general, { last_seq: 2, unread: 2, mentions: 1 })] })], posted(1, { mentions: ['everyone'] }), (s) => [counts(s), of(s).lastSeq], [[2, 1], 2]],
    ['an answer that is older than a message takes nothing back', [readyInGarden(), posted(1, { mentions: ['everyone'] })], known(), counts, [1, 1]],
    ['other roles make the counts of what is unread doubtful', [...inGarden, posted(1, { mentions: [gardeners] })], memberChanged({ user_id: alice.address, username: 'alice', role_ids: [everybody] }), (s) => [counts(s), of(s).isMiscounted], [[1, 1], true]],
    ['a deletion behind a hole waits for its page', [...inGarden, posted(1), posted(3)], deletion(1, 4), (s) => [of(s).messages[0].deleted, of(s).stale, of(s).lastSeq], [false, true, 4]],
    ['unread-changed is the truth', [...inGarden, posted(1, { mentions: ['everyone'] })], { type: 'unread-changed', server_id: garden, channel_id: general, read_seq: 1, unread: 0, mentions: 0, last_seq: 1, s: 2 }, (s) => [counts(s), of(s).readSeq], [[0, 0], 1]],
    ['unread-changed from before an answer is old news', [readyInGarden(), known({ channels: [channel(general, { last_seq: 2, read_seq: 1, unread: 1 })] })], { type: 'unread-changed', server_id: garden, channel_id: general, read_seq: 1, unread: 0, mentions: 0, last_seq: 1, s: 2 }, (s) => [counts(s), of(s).lastSeq], [[1, 0], 2]],
    ['an invitation comes', [readyInGarden()], { type: 'new-server-invite', ...invitation(), s: 1 }, (s) => invitationList(s).map(({ communityName, fromUsername }) => [communityName, fromUsername]), [['Orchard', 'bob']]],
    ['an invitation is settled anywhere', [readyInGarden({ server_invites: [invitation()] })], { type: 'server-invite-changed', invite_id: id(530), server_id: id(501), state: 'declined', s: 1 }, (s) => s.invitations.size, 0],
    ['an invitation is accepted, and the community has not answered', [readyInGarden({ server_invites: [invitation()] })], accepted, (s) => [invitationList(s).map(({ isAccepted }) => isAccepted), openInvitations(s)], [[true], 0]],
    ['then one is in', [readyInGarden({ server_invites: [invitation()] }), accepted], changed({ server_id: id(501), name: 'Orchard', reason: 'joined' }), (s) => [s.invitations.size, s.communities.has(id(501))], [0, true]],
    ['or one is not', [readyInGarden({ server_invites: [invitation()] }), accepted], { ...accepted, state: 'failed', code: 'not_found' }, (s) => [s.invitations.size, s.communities.has(id(501))], [0, false]],
    ['an invitation into a community in which one is already needs no answer', [readyInGarden({ server_invites: [invitation({ server_id: garden })] })], { ...accepted, server_id: garden }, (s) => s.invitations.size, 0],
    ['its home is away, which is no new version', inGarden, changed({ version: 1, stale: true }), (s) => [gardenOf(s).isStale, gardenOf(s).isOutdated], [true, false]],
    ['its home is back', [...inGarden, changed({ version: 1, stale: true })], changed({ version: 1, stale: false }), (s) => gardenOf(s).isStale, false],
    ['what says nothing of it leaves it', [...inGarden, changed({ version: 1, stale: true })], changed({ version: 2 }), (s) => gardenOf(s).isStale, true],
    ['one is put out, and there is nothing to ask', inGarden, memberChanged({ user_id: alice.address, username: 'alice', state: 'gone', reason: 'kicked' }), (s) => gardenOf(s).isOutdated, false],
    ['one has joined', [ready()], changed({ reason: 'joined' }), (s) => [gardenOf(s).name, gardenOf(s).details, gardenOf(s).isOutdated], ['Garden', null, true]],
    ['it is called something else', inGarden, changed({ name: 'Yard', description: 'green' }), (s) => [gardenOf(s).name, gardenOf(s).details.description, gardenOf(s).isOutdated], ['Yard', 'green', true]],
    ['a role comes', inGarden, changed({ role: role(id(522), { name: 'Bees', position: 2 }) }), (s) => gardenOf(s).details.roles.map((/** @type {any} */ one) => one.name), ['Bees', 'Gardeners', 'everyone']],
    ['a role goes', inGarden, changed({ removed_role_id: gardeners }), (s) => gardenOf(s).details.roles.map((/** @type {any} */ one) => one.name), ['everyone']],
    ['one is put out', [...inGarden, posted(1)], changed({ state: 'gone', reason: 'kicked' }), (s) => [s.communities.size, s.conversations.has(general), s.conversations.has(bob), totalUnread(s)], [0, false, true, 0]],
    ['a channel comes', inGarden, channelChanged(id(513), { channel: channel(id(513), { name: 'bees', position: 1, permissions: undefined }) }), (s) => [names(s), of(s, id(513)).username], [['general', 'sheds', 'bees', 'talk'], 'bees']],
    ['a channel is called something else and keeps what one may do', inGarden, channelChanged(general, { channel: channel(general, { name: 'all', permissions: undefined }) }), (s) => [of(s).username, of(s).writable, gardenOf(s).isOutdated], ['all', true, true]],
    ['a channel goes', [...inGarden, posted(1)], channelChanged(general, { state: 'gone', channel: undefined }), (s) => [names(s), s.conversations.has(general)], [['sheds', 'talk'], false]],
    ['a channel that is back already before it is told that it went', [readyInGarden(), known({ version: 5 })], channelChanged(general, { version: 4, state: 'gone', channel: undefined }), (s) => [names(s), s.conversations.has(general)], [['general', 'sheds', 'talk'], true]],
    ['a channel comes into sight in which something has been said', inGarden, channelChanged(id(513), { channel: channel(id(513), { permissions: undefined, last_seq: 4 }) }), (s) => [of(s, id(513)).lastSeq, of(s, id(513)).unread, of(s, id(513)).isMiscounted], [4, 0, true]],
    ['a channel of a community in which one is not', [ready()], channelChanged(general), (s) => s.conversations.has(general), false],
    ['a member comes', [...inGarden, action('members-listed', { communityId: garden, isFirst: true, page: { members: [] } })], memberChanged({ reason: 'joined' }), (s) => [gardenOf(s).details.memberCount, [...gardenOf(s).members.members.keys()], gardenOf(s).isOutdated], [4, [bob], false]],
    ['a member goes', [...inGarden, action('members-listed', { communityId: garden, isFirst: true, page: { members: [{ user_id: bob, username: 'bob', role_ids: [], joined_at: time(1) }] } })], memberChanged({ state: 'gone', reason: 'left' }), (s) => [gardenOf(s).details.memberCount, gardenOf(s).members.members.size], [2, 0]],
    ["one's own roles change", inGarden, memberChanged({ user_id: alice.address, username: 'alice', role_ids: [everybody], timed_out_until: time(99) }), (s) => [gardenOf(s).details.roleIds, gardenOf(s).details.timedOutUntil, gardenOf(s).isOutdated], [[everybody], time(99), true]],
    ['a report changes nothing here', inGarden, { type: 'report-changed', server_id: garden, report_id: id(540), state: 'open', s: 1 }, (s) => s.malformed, 0],
    ['a channel message without its channel is malformed', inGarden, { ...posted(1), channel_id: undefined }, (s) => [s.malformed, of(s).messages.length], [1, 0]],
    ['an ack of a channel needs a number or none', inGarden, channelAck('a', 1, { seq: 'x' }), (s) => s.malformed, 1],
];

for (const [name, before, frame, look, expected] of table) {
    test(name, () => assert.deepEqual(look(stateAfter(...before, frame)), expected));
}

test('every frame of communities stands in the table', () => {
    const tried = new Set(table.map(([, , frame]) => frame.type));
    assert.deepEqual(Object.keys(communityFrameChecks).filter((type) => !tried.has(type)), []);
});

test('the whole of a community: channels in their order, conversations for those with text, and what is gone goes', () => {
    const state = stateAfter(readyInGarden({ channels: [unread(general), unread(id(519))] }), known());
    assert.deepEqual(names(state), ['general', 'sheds', 'talk']);
    assert.deepEqual([general, sheds, voices, id(519)].map((channelId) => state.conversations.has(channelId)), [true, true, false, false]);
    assert.deepEqual([of(state).username, of(state).writable], ['general', true]);
    const muted = after(state, known({ channels: [channel(general, { permissions: ['view_channel'] })] }));
    assert.deepEqual([of(muted).writable, muted.conversations.has(sheds)], [false, false]);
});

test('an answer that is older than what a frame told is asked for again; one of a community that was left is not believed', () => {
    const state = stateAfter(...inGarden, changed({ name: 'Yard', version: 7 }));
    assert.deepEqual([gardenOf(after(state, known())).isOutdated, gardenOf(after(state, known({ version: 7 }))).isOutdated], [true, false]);
    assert.equal(after(stateAfter(ready()), known()).communities.size, 0);
    assert.equal(after(stateAfter(ready()), action('community-known', { community: community(), isNew: true })).communities.size, 1);
});

test('pages, events and live frames of a channel end in the same list', () => {
    const frames = [posted(1), posted(2, { mentions: ['everyone'] }), deletion(1, 3), posted(4, { n: 3 }), deletion(4, 5)];
    const live = stateAfter(...inGarden, ...frames);
    const history = [post(1, { message: '', deleted: true }), post(2, { mentions: ['everyone'] }), post(4, { n: 3, message: '', deleted: true })];
    const late = readyInGarden({ channels: [unread(general, { last_seq: 5, unread: 1, mentions: 1 })] });
    const paged = stateAfter(late, known(), pageOf(history, 5));
    const filled = stateAfter(...inGarden, posted(1), late, known(), eventsOf(frames.slice(1), 5, 1));
    for (const state of [paged, filled]) {
        assert.deepEqual(of(state).messages, of(live).messages);
        assert.deepEqual([of(state).loadedSeq, of(state).stale, of(state).complete, counts(state)], [5, false, true, [1, 1]]);
    }
    // A page that was written before the deletion does not bring the words back.
    assert.deepEqual(of(after(live, pageOf([post(1), post(2, { mentions: ['everyone'] })], 2))).messages, of(live).messages);
});

test('a page that goes on where the community lives, which is away, is not the beginning', () => {
    const state = stateAfter(readyInGarden({ channels: [unread(general, { last_seq: 41 })] }), pageOf([post(40), post(41)], 41, { limit: 2 }));
    const page = (/** @type {object} */ more) => ({ messages: [post(39)], channel_id: general, server_id: garden, last_seq: 41, read_seq: 0, ...more });
    const older = after(state, action('page', { address: general, page: page({ stale: true }), before: 40, limit: 50 }));
    assert.deepEqual([seqs(of(older)), of(older).complete, of(older).loadFailure.code], [[39, 40, 41], false, 'host_unreachable']);
    const none = after(state, action('page', { address: general, page: page({ stale: true, messages: [] }), before: 40, limit: 50 }));
    assert.deepEqual([seqs(of(none)), of(none).complete, of(none).loadFailure.code], [[40, 41], false, 'host_unreachable']);
    const whole = after(none, action('page', { address: general, page: page({}), before: 40, limit: 50 }));
    assert.deepEqual([seqs(of(whole)), of(whole).complete, of(whole).loadFailure], [[39, 40, 41], true, null]);
    const nothing = after(stateAfter(readyInGarden({ channels: [unread(general, { last_seq: 9 })] }), known({ channels: [channel(general, { last_seq: 9 })] })), action('page', { address: general, page: page({ stale: true, messages: [], last_seq: 9 }), limit: 50 }));
    assert.deepEqual([seqs(of(nothing)), of(nothing).complete, of(nothing).loadFailure.code], [[], false, 'host_unreachable']);
});

test('who is listed again as he was stays the same: his row stays, with its menu', () => {
    const page = (/** @type {object} */ more) => action('members-listed', { communityId: garden, isFirst: true, page: { members: [{ user_id: bob, username: 'bob', role_ids: [], joined_at: time(1) }, { user_id: carol, username: 'carol', role_ids: [], joined_at: time(2), ...more }] } });
    const one = stateAfter(...inGarden, page({ status: 'offline' }));
    const two = after(one, page({ status: 'online' }));
    const same = [bob, carol].map((address) => gardenOf(one).members.members.get(address) === gardenOf(two).members.members.get(address));
    assert.deepEqual([same, gardenOf(two).members.members.get(carol).status], [[true, false], 'online']);
    assert.deepEqual([...gardenOf(after(two, action('members-listed', { communityId: garden, isFirst: true, page: { members: [] } }))).members.members.keys()], []);
});

test('roles and channels that are as they were stay the same lists, whatever else has changed: who shows them keeps his rows', () => {
    // In the order of the homeserver.
    const roles = [role(gardeners), role(everybody)];
    const channels = [channel(general), channel(sheds)];
    const lists = (/** @type {any} */ state) => [gardenOf(state).details.roles, gardenOf(state).details.channels];
    const stays = (/** @type {any} */ state, /** @type {object} */ answer) => {
        const before = lists(state);
        return lists(after(state, known({ version: 2, ...answer }))).map((list, at) => list === before[at]);
    };
    const state = stateAfter(readyInGarden(), known({ roles, channels }));
    // Nobody puts in another order what others look at.
    for (const list of lists(state)) Object.freeze(list);
    assert.deepEqual(stays(state, { roles, channels, role_ids: [], description: 'green' }), [true, true]);
    assert.deepEqual(stays(state, { roles, channels: [channel(general, { topic: 'bees' }), channel(sheds)] }), [true, false]);
    assert.deepEqual(stays(state, { roles: [role(gardeners, { color: '#123456' }), role(everybody)], channels }), [false, true]);
    assert.deepEqual(stays(state, { roles: [role(everybody)], channels: [...channels, channel(voices, { kind: 'voice', position: 2 })] }), [false, false]);
    const others = [role(gardeners, { position: 1 }), role(id(522), { name: 'Bees', position: 2 }), role(everybody)];
    assert.deepEqual(stays(state, { roles: others, channels }), [false, true]);
    const moved = after(state, known({ version: 2, roles: others, channels: [channel(sheds, { position: 0 }), channel(general, { position: 1 })] }));
    assert.deepEqual([gardenOf(moved).details.roles.map((/** @type {any} */ one) => one.name), names(moved)], [['Bees', 'Gardeners', 'everyone'], ['sheds', 'general']]);
});

test('a page of private messages is none of a channel', () => {
    const state = stateAfter(...inGarden, pageOf([{ ...post(1), channel_id: undefined }], 1));
    assert.deepEqual([state.malformed, of(state).messages.length, of(state).loadFailure.code], [1, 0, 'internal']);
});

test('the outbox sends into channels, with mentions; what is queued is not sent again', async () => {
    const clock = new Clock();
    const store = storeOf(stateAfter(...inGarden));
    const sent = /** @type {any[]} */ ([]);
    const database = { all: async () => [], put: async () => true, remove: async () => {} };
    const { setTimer, clearTimer } = clock;
    const outbox = new Outbox({ store, database, send: (frame) => sent.push(frame) > 0, tabs: { post: () => {} }, setTimer, clearTimer, now: () => clock.now, newNonce: () => `n${sent.length}`, lost: () => {} });
    await outbox.start(new AbortController().signal);
    await outbox.becomeSender();
    outbox.linkIsLive();
    const tells = (/** @type {any} */ frame) => (store.dispatch({ type: 'frame', frame, now: 0 }), outbox.onFrame(frame));
    outbox.add(general, 'hello @bob', { mentions: [bob], replyTo: id(9) });
    await settled();
    assert.deepEqual(sent, [{ type: 'channel-message', channel_id: general, message: 'hello @bob', nonce: 'n0', reply_to: id(9), mentions: [bob] }]);
    tells(channelAck('n0', null));
    outbox.add(general, 'second');
    await clock.pass(1_000);
    assert.deepEqual(sent.map(({ message }) => message), ['hello @bob', 'second']);
    tells({ type: 'error', code: 'slow_mode', message: '', ref_type: 'channel-message', nonce: sent[1].nonce, retry_after_ms: 5_000 });
    await clock.pass(4_900);
    assert.equal(sent.length, 2);
    await clock.pass(200);
    assert.equal(sent.length, 3);
    tells({ type: 'error', code: 'forbidden', message: '', ref_type: 'channel-message', nonce: sent[2].nonce });
    assert.deepEqual(of(store.state).outgoing.map((/** @type {any} */ one) => one.state), ['queued', 'failed']);
});

test('a channel is marked as read by its id', async () => {
    const sent = /** @type {any[]} */ ([]);
    const marker = new ReadMarker(storeOf(stateAfter(...inGarden, posted(1))), (frame) => sent.push(frame) > 0, () => 0);
    marker.mark(general, 1);
    assert.deepEqual(sent, [{ type: 'mark-read', channel_id: general, seq: 1 }]);
});

test('who may not read what was said has what comes, without a request, and reads anew when he may again', () => {
    const deaf = ['view_channel', 'send_messages'];
    const counted = { last_seq: 5, read_seq: 3, unread: 2 };
    const state = stateAfter(readyInGarden({ channels: [unread(general, counted)] }), known({ channels: [channel(general, { ...counted, permissions: deaf })] }));
    assert.deepEqual([of(state).stale, of(state).isHistoryHidden, seqs(of(state))], [false, true, []]);
    const later = after(state, mine('a'), channelAck('a', 6), posted(6, { own: true, nonce: 'a' }), posted(7), deletion(7, 8));
    assert.deepEqual([seqs(of(later)), of(later).outgoing, of(later).stale], [[6, 7], [], false]);
    // Behind a hole it goes on, too.
    const behind = after(later, readyInGarden({ channels: [unread(general, { last_seq: 20, read_seq: 8 })] }));
    const refused = after(behind, action('load-failed', { address: general, failure: { code: 'forbidden', message: 'no', field: null, retryAfterMs: null } }), posted(21));
    assert.deepEqual([of(behind).stale, seqs(of(refused)), of(refused).stale], [true, [6, 7, 21], false]);
    const again = after(refused, known({ version: 2, channels: [channel(general, { last_seq: 21, read_seq: 8 })] }));
    assert.deepEqual([seqs(of(again)), of(again).isHistoryHidden, of(again).complete, of(again).stale], [[], false, false, true]);
});

test('a mark that was refused is told again, after as long as one was told to wait', async () => {
    const clock = new Clock();
    const sent = /** @type {any[]} */ ([]);
    const store = storeOf(stateAfter(...inGarden, posted(1)));
    const marker = new ReadMarker(store, (frame) => sent.push(frame) > 0, clock.setTimer);
    const refused = (/** @type {object} */ more) => marker.onFrame({ type: 'error', code: 'rate_limited', message: 'slow', ref_type: 'mark-read', ...more });
    marker.mark(general, 1);
    refused({ retry_after_ms: 5_000 });
    await clock.pass(4_900);
    assert.equal(sent.length, 1);
    await clock.pass(200);
    assert.equal(sent.length, 2);
    refused({ code: 'unavailable' });
    await clock.pass(3_000);
    assert.equal(sent.length, 3);
    // What is no use to tell again, and what is about something else, is left.
    refused({ code: 'not_found' });
    refused({ ref_type: 'channel-message' });
    await clock.pass(60_000);
    assert.equal(sent.length, 3);
    store.dispatch({ type: 'frame', frame: { type: 'unread-changed', server_id: garden, channel_id: general, read_seq: 1, unread: 0, mentions: 0, last_seq: 1, s: 2 }, now: 0 });
    refused({});
    await clock.pass(60_000);
    assert.equal(sent.length, 3);
});

test('what is outdated is asked for once the link is live, the community that is shown first, and once for many frames', async () => {
    const other = id(502);
    const state = stateAfter(readyInGarden({ servers: [summary(), summary({ server_id: other, name: 'Attic' })] }), action('navigated', { route: { view: 'community', address: null, community: garden } }));
    const { clock, store, asked, lifetime } = reading(state, (path) => community({ server_id: path.split('/')[2] }));
    await clock.pass(10_000);
    assert.deepEqual(asked, []);
    store.dispatch(isLive.action);
    await clock.pass(900);
    assert.deepEqual(asked, [`/servers/${garden}`]);
    await clock.pass(1_000);
    assert.deepEqual(asked, [garden, other].map((one) => `/servers/${one}`));
    for (let version = 2; version < 9; version += 1) store.dispatch({ type: 'frame', frame: channelChanged(general, { version }), now: 0 });
    await clock.pass(90);
    assert.equal(asked.length, 3);
    // The answer is older than the frames: it is not asked for without end.
    await clock.pass(10_000);
    assert.ok(asked.length < 9);
    lifetime.abort();
    store.dispatch({ type: 'community-outdated', communityId: garden });
    await clock.pass(60_000);
    const count = asked.length;
    await clock.pass(60_000);
    assert.equal(asked.length, count);
});

test('while one change follows the other it is asked for again without long waits', async () => {
    const state = after(stateAfter(readyInGarden(), action('navigated', { route: { view: 'community', address: null, community: garden } })), isLive);
    let version = 1;
    const { clock, store, asked } = reading(state, () => {
        const answer = community({ version });
        if (version < 12) store.dispatch({ type: 'frame', frame: changed({ version: (version += 1) }), now: 0 });
        return answer;
    });
    await clock.pass(3_000);
    assert.deepEqual([gardenOf(store.state).details.version, gardenOf(store.state).isOutdated, asked.length], [12, false, 12]);
});

test('a change within the frame that shows the answer to the one before is asked for too', async () => {
    const state = after(stateAfter(readyInGarden(), action('navigated', { route: { view: 'community', address: null, community: garden } })), isLive);
    let version = 1;
    const { clock, store, asked } = reading(state, () => community({ version }));
    await clock.pass(80);
    assert.deepEqual([asked.length, gardenOf(store.state).isOutdated], [1, false]);
    store.dispatch({ type: 'frame', frame: memberChanged({ version: (version += 1), user_id: alice.address, username: 'alice' }), now: 0 });
    await clock.pass(100);
    assert.deepEqual([asked.length, gardenOf(store.state).isOutdated], [2, false]);
});

test('that its home is away is not taken back by an answer from before', async () => {
    const state = after(stateAfter(readyInGarden(), action('navigated', { route: { view: 'community', address: null, community: garden } })), isLive);
    const { clock, store } = reading(state, () => {
        store.dispatch({ type: 'frame', frame: changed({ version: 1, stale: true }), now: 0 });
        return community();
    });
    await clock.pass(1_000);
    assert.deepEqual([gardenOf(store.state).isStale, gardenOf(store.state).details.host], [true, 'alpha.example']);
});

test('a community that cannot be asked for is asked for again later; one that is not there any more goes', async () => {
    let tries = 0;
    const { clock, store, asked } = reading(stateAfter(readyInGarden(), isLive), () => {
        tries += 1;
        throw Object.assign(new Error(), tries < 3 ? { code: 'unavailable', message: '' } : { code: 'not_found', message: '' });
    });
    await clock.pass(100);
    assert.deepEqual([asked.length, gardenOf(store.state).failure.code], [1, 'unavailable']);
    await clock.pass(120_000);
    assert.deepEqual([asked.length, store.state.communities.size], [3, 0]);
});

test('when a time-out is over, one may write again', async () => {
    let until = '';
    const { clock, asked } = reading(stateAfter(readyInGarden(), isLive), () => community(until ? { timed_out_until: until } : {}));
    until = new Date(clock.now + 60_000).toISOString();
    await clock.pass(1_000);
    until = '';
    assert.equal(asked.length, 1);
    await clock.pass(61_000);
    assert.equal(asked.length, 2);
});

test('what is unread is counted anew after a deletion of what is not loaded, and not for ever', async () => {
    const before = readyInGarden({ channels: [unread(general, { last_seq: 5, read_seq: 2, unread: 3, mentions: 2 })] });
    let told = { last_seq: 5, read_seq: 2, unread: 3, mentions: 2 };
    let isAway = true;
    const { clock, store, asked } = reading(stateAfter(before, known(), isLive), () => {
        if (isAway) throw Object.assign(new Error(), { code: 'unavailable', message: '' });
        return community({ channels: [channel(general, told)] });
    });
    store.dispatch({ type: 'frame', frame: deletion(4, 6), now: 0 });
    await clock.pass(150);
    assert.deepEqual([asked, counts(store.state)], [[`/servers/${garden}`], [3, 2]]);
    // An answer from before the deletion says nothing of it.
    isAway = false;
    await clock.pass(5_000);
    assert.deepEqual([counts(store.state), of(store.state).isMiscounted], [[3, 2], true]);
    told = { last_seq: 6, read_seq: 2, unread: 1, mentions: 1 };
    await clock.pass(10_000);
    assert.deepEqual([counts(store.state), of(store.state).isMiscounted], [[1, 1], false]);
    const count = asked.length;
    assert.ok(count <= 8);
    await clock.pass(60_000);
    assert.equal(asked.length, count);
    // Where it cannot be had it is asked for ever more rarely.
    isAway = true;
    store.dispatch({ type: 'frame', frame: deletion(3, 7), now: 0 });
    await clock.pass(600_000);
    assert.ok(asked.length <= count + 8);
});

test('an answer that is no community is not believed, whatever it has', async () => {
    const wrong = [{}, community({ channels: [channel('x')] }), community({ roles: [role(everybody, { color: 'red;x' })] }), community({ permissions: 'all' }), community({ host: 7 }), community({ owner_user_id: 'bob' })];
    for (const answer of wrong) {
        const { clock, store } = reading(stateAfter(readyInGarden(), isLive), () => answer);
        await clock.pass(100);
        assert.deepEqual([gardenOf(store.state).details, gardenOf(store.state).failure.code], [null, 'internal']);
    }
});

test('a mention of a role that came before one’s own were known is counted once they are', async () => {
    let answer = community();
    const { clock, store, asked } = reading(stateAfter(readyInGarden(), isLive, posted(1, { mentions: [gardeners] })), () => answer);
    assert.deepEqual(counts(store.state), [1, 0]);
    await clock.pass(100);
    // It tells one's roles, and of the message nothing.
    assert.deepEqual([asked.length, counts(store.state), of(store.state).isMiscounted], [1, [1, 0], true]);
    answer = community({ channels: [channel(general, { last_seq: 1, unread: 1, mentions: 1 })] });
    await clock.pass(2_000);
    assert.deepEqual([asked.length, counts(store.state), of(store.state).isMiscounted], [2, [1, 1], false]);
    await clock.pass(60_000);
    assert.equal(asked.length, 2);
});

test('what was loaded of a community goes when the homeserver where it lives was restored, and of no other', () => {
    const told = (/** @type {string} */ incarnation) => readyInGarden({ servers: [summary({ incarnation })], channels: [unread(general, { last_seq: 1, unread: 1 })] });
    const loaded = stateAfter(told('one'), isLive, known(), posted(1));
    assert.equal(of(stateAfter(told('one'), isLive, known(), posted(1), told('one'))).messages.length, 1);
    assert.deepEqual([of(loaded).messages.length, of(after(loaded, told('two'))).messages.length], [1, 0]);
});
