/** @file What moderators do with a member or a message, as items of menus, with the questions that come first. */

import { field } from '../components/field.js';
import { toggle } from '../components/toggle.js';
import { shownChannel } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { h } from '../ui/dom.js';
import { askDialog, isFilled, selectField } from './ask-dialog.js';
import { attempt } from './attempt.js';
import { isOver, isOwner, may } from './community-may.js';

/** @typedef {import('../home.js').Home} Home @typedef {import('../store/types.js').Person} Person @typedef {import('../store/types.js').Community} Community */
/** @typedef {import('../components/menu.js').MenuItem} MenuItem */

/** Seconds. */
const timeOuts = [60, 600, 3_600, 86_400, 604_800, 2_419_200];
const purges = [0, 3_600, 86_400, 604_800];

const reasonField = () => field({ label: t('moderation.reason'), name: 'reason', hint: t('moderation.reason-hint'), maxlength: 512 });
const spans = (/** @type {number[]} */ seconds) => seconds.map((one) => ({ value: String(one), label: t(`moderation.span-${one}`) }));

/** @param {Home} home @param {Community} community @param {Person} person @returns {MenuItem[]} */
export function memberItems(home, community, person) {
    const { store, actions } = home;
    const { state } = store;
    const { address } = person;
    const { communityId: id } = community;
    const member = community.members?.members.get(address);
    /** @type {MenuItem[]} */
    const items = [{ label: t('address.copy-other'), icon: 'copy', onselect: () => void actions.copy(address) }];
    if (state.friends.has(address)) items.unshift({ label: t('friends.message'), icon: 'chat', onselect: () => actions.navigate({ view: 'conversation', address }) });
    if (member && may(community, 'manage_roles') && rolesToGive(home, community).length > 0 && (isOver(state, community, address) || isOwner(state, community))) {
        items.push({ label: t('moderation.roles'), icon: 'shield', onselect: () => void giveRoles(home, community, person) });
    }
    if (!isOver(state, community, address)) return items;
    if (member && may(community, 'time_out_members')) {
        items.push(member.timedOutUntil && Date.parse(member.timedOutUntil) > Date.now()
            ? { label: t('moderation.time-out-end'), icon: 'clock', onselect: () => void attempt(home, () => actions.timeOut(id, address, 0)) }
            : { label: t('moderation.time-out'), icon: 'clock', onselect: () => void timeOut(home, id, person) });
    }
    if (member && may(community, 'kick_members')) items.push({ label: t('moderation.kick'), icon: 'sign-out', danger: true, onselect: () => void kick(home, id, person) });
    if (may(community, 'ban_members')) items.push({ label: t('moderation.ban'), icon: 'block', danger: true, onselect: () => void ban(home, id, person) });
    return items;
}

/** @param {Home} home @param {Community} community @param {import('../store/types.js').Message} message @returns {MenuItem[]} */
export function messageItems(home, community, message) {
    const { state } = home.store;
    const channel = shownChannel(state);
    /** @type {MenuItem[]} */
    const items = [];
    if (!channel) return items;
    const mayDelete = may(community) || channel.permissions.includes('manage_messages') || channel.permissions.includes('administrator');
    if (!message.deleted && mayDelete) items.push({ label: t('moderation.delete'), icon: 'trash', danger: true, onselect: () => void deleteMessage(home, channel.channelId, message) });
    if (!message.deleted && !message.own) items.push({ label: t('moderation.report'), icon: 'flag', onselect: () => void report(home, channel.channelId, message) });
    if (!message.own) items.push(...memberItems(home, community, { address: message.fromAddress, username: message.fromUsername }));
    return items;
}

/** Those below one's own. @param {Home} home @param {Community} community */
function rolesToGive({ store }, community) {
    const own = isOwner(store.state, community) ? Infinity : community.details?.position ?? 0;
    return (community.details?.roles ?? []).filter(({ isEveryone, position }) => !isEveryone && position < own);
}

/** @param {Home} home @param {Community} community @param {Person} person */
async function giveRoles(home, community, { address, username }) {
    const held = new Set(community.members?.members.get(address)?.roleIds ?? []);
    const wanted = new Set(held);
    const roles = rolesToGive(home, community);
    await askDialog({
        title: t('moderation.roles-of', { name: username }),
        fields: roles.map(({ roleId, name }) => toggle({ label: name, checked: held.has(roleId), onchange: (has) => void (has ? wanted.add(roleId) : wanted.delete(roleId)) }).element),
        confirm: t('community.save'),
        act: async () => {
            for (const { roleId } of roles) {
                if (held.has(roleId) === wanted.has(roleId)) continue;
                await home.actions.setMemberRole(community.communityId, address, roleId, wanted.has(roleId));
                if (wanted.has(roleId)) held.add(roleId);
                else held.delete(roleId);
            }
        },
    });
}

/** @param {Home} home @param {string} id @param {Person} person */
async function timeOut(home, id, { address, username }) {
    const span = selectField({ label: t('moderation.time-out-for'), options: spans(timeOuts), value: '600' });
    const reason = reasonField();
    const isDone = await askDialog({
        title: t('moderation.time-out-title', { name: username }),
        text: t('moderation.time-out-text', { name: username }),
        fields: [span, reason],
        confirm: t('moderation.time-out'),
        danger: true,
        act: () => home.actions.timeOut(id, address, Number(span.select.value), reason.value.trim()),
    });
    if (isDone) home.actions.toast({ kind: 'success', text: t('moderation.time-out-done', { name: username }) });
}

/** @param {Home} home @param {string} id @param {Person} person */
async function kick(home, id, { address, username }) {
    const reason = reasonField();
    const isDone = await askDialog({
        title: t('moderation.kick-title', { name: username }),
        text: t('moderation.kick-text', { name: username }),
        fields: [reason],
        confirm: t('moderation.kick'),
        danger: true,
        act: () => home.actions.kick(id, address, reason.value.trim()),
    });
    if (isDone) home.actions.toast({ kind: 'success', text: t('moderation.kick-done', { name: username }) });
}

/** @param {Home} home @param {string} id @param {Person} person */
async function ban(home, id, { address, username }) {
    const purge = selectField({ label: t('moderation.purge'), options: spans(purges), value: '0' });
    const reason = reasonField();
    const isDone = await askDialog({
        title: t('moderation.ban-title', { name: username }),
        text: t('moderation.ban-text', { name: username }),
        fields: [purge, reason],
        confirm: t('moderation.ban'),
        danger: true,
        act: () => home.actions.ban(id, address, { reason: reason.value.trim(), purgeSeconds: Number(purge.select.value) }),
    });
    if (isDone) home.actions.toast({ kind: 'success', text: t('moderation.ban-done', { name: username }) });
}

/** @param {Home} home @param {string} channelId @param {import('../store/types.js').Message} message */
async function deleteMessage(home, channelId, { messageId, text, own, fromUsername }) {
    const reason = reasonField();
    await askDialog({
        title: t('moderation.delete-title'),
        text: t('moderation.delete-text', { name: own ? t('message.you') : fromUsername }),
        fields: [h('blockquote.quoted', { dir: 'auto' }, text.slice(0, 200)), reason],
        confirm: t('moderation.delete'),
        danger: true,
        act: () => home.actions.deleteMessage(channelId, messageId, reason.value.trim()),
    });
}

/** @param {Home} home @param {string} channelId @param {import('../store/types.js').Message} message */
async function report(home, channelId, { messageId, text, fromUsername }) {
    const reason = field({ label: t('moderation.report-why'), name: 'reason', required: true, maxlength: 512 });
    const isDone = await askDialog({
        title: t('moderation.report-title'),
        text: t('moderation.report-text', { name: fromUsername }),
        fields: [h('blockquote.quoted', { dir: 'auto' }, text.slice(0, 200)), reason],
        confirm: t('moderation.report'),
        check: () => isFilled(reason, 'moderation.report-missing'),
        act: () => home.actions.reportMessage(channelId, messageId, reason.value.trim()),
    });
    if (isDone) home.actions.toast({ kind: 'success', text: t('moderation.report-done') });
}
