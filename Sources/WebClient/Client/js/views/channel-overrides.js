/** @file What a role or a person may do otherwise in one channel than in the rest of the community. */

import { field } from '../components/field.js';
import { shownCommunity } from '../store/selectors.js';
import { readAddress } from '../text/address.js';
import { t } from '../text/catalogue.js';
import { h } from '../ui/dom.js';
import { askDialog, selectField } from './ask-dialog.js';

/** What can be allowed or denied in a channel. */
export const channelPermissions = ['view_channel', 'read_history', 'send_messages', 'manage_messages', 'mention_everyone', 'bypass_slow_mode', 'manage_channels', 'attach_files', 'add_reactions', 'connect', 'speak', 'mute_members'];

/** A choice in the list of those whom an override is about: somebody who is named by his address. */
const somebody = 'somebody';

/** @param {import('../home.js').Home} home @param {string} channelId */
export async function editOverrides(home, channelId) {
    const details = shownCommunity(home.store.state)?.details;
    const channel = details?.channels.find((one) => one.channelId === channelId);
    if (!details || !channel) return;
    const roles = details.roles.filter(({ isEveryone }) => !isEveryone).map(({ roleId, name }) => ({ value: roleId, label: name }));
    const people = channel.overrides.filter(({ target }) => target.includes('@')).map(({ target }) => ({ value: target, label: target }));
    const whose = selectField({
        label: t('overrides.target'),
        value: 'everyone',
        options: [{ value: 'everyone', label: t('mention.everyone') }, ...roles, ...people, { value: somebody, label: t('overrides.somebody') }],
    });
    const address = field({ label: t('friends.address'), name: 'target', autocomplete: 'off', maxlength: 290 });
    const read = () => readAddress(address.value, home.store.state.account?.server ?? '');
    const choices = channelPermissions.map((permission) => ({
        permission,
        choice: selectField({
            label: t(`permission.${permission}`),
            value: '',
            options: [{ value: '', label: t('overrides.inherit') }, { value: 'allow', label: t('overrides.allow') }, { value: 'deny', label: t('overrides.deny') }],
        }),
    }));
    const show = () => {
        const { allow = [], deny = [] } = channel.overrides.find(({ target }) => target === whose.select.value) ?? {};
        for (const { permission, choice } of choices) choice.select.value = allow.includes(permission) ? 'allow' : deny.includes(permission) ? 'deny' : '';
        address.hidden = whose.select.value !== somebody;
    };
    whose.select.addEventListener('change', show);
    show();
    await askDialog({
        title: t('overrides.title', { name: channel.name }),
        text: t('overrides.text'),
        fields: [whose, address, h('div.override-grid', null, choices.map(({ choice }) => choice))],
        confirm: t('community.save'),
        check: () => {
            const problem = whose.select.value === somebody ? read().problem : null;
            if (problem) address.showProblem(t(problem));
            return !problem;
        },
        act: () => {
            const target = whose.select.value === somebody ? read().address ?? '' : whose.select.value;
            const of = (/** @type {string} */ value) => choices.filter(({ choice }) => choice.select.value === value).map(({ permission }) => permission);
            const override = { allow: of('allow'), deny: of('deny') };
            const isEmpty = override.allow.length + override.deny.length === 0;
            const isNone = isEmpty && !channel.overrides.some((one) => one.target === target);
            return isNone ? Promise.resolve() : home.actions.setOverride(channelId, target, isEmpty ? null : override);
        },
    });
}
