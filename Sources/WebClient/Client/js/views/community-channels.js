/** @file `<home-community-channels>`: the channels of a community: their order, what they are about, who may do what in them; and new ones. */

import { button } from '../components/button.js';
import { confirmDialog } from '../components/dialog.js';
import { field } from '../components/field.js';
import { toggle } from '../components/toggle.js';
import { shownCommunity } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { h, icon } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { askDialog, isFilled, selectField } from './ask-dialog.js';
import { attempt } from './attempt.js';
import { editOverrides } from './channel-overrides.js';
import { may } from './community-may.js';
import { section, settingsForm, settingsRow } from './settings-parts.js';

/** @typedef {import('../store/types.js').Channel} Channel */

/** Seconds between two messages of one person. */
const slowModes = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600];

/** @param {number} seconds */
const slowText = (seconds) => (seconds === 0 ? t('channel.slow-off') : seconds < 60 ? t('channel.seconds', { count: seconds }) : t('channel.minutes', { count: Math.round(seconds / 60) }));

export class HomeCommunityChannels extends View {
    build() {
        const list = h('ul.rows');
        this.show = keyed(list, (/** @type {Channel} */ { channelId }) => channelId, (channel) => this.#row(channel));
        this.create = section(t('channels.create'), this.#form());
        this.append(section(t('channels.title'), list), this.create);
    }

    connected() {
        this.watch((state) => shownCommunity(state)?.details?.channels ?? null, (channels) => this.show?.(channels ?? []));
        this.watch((state) => may(shownCommunity(state), 'manage_channels'), (mayCreate) => this.create?.toggleAttribute('hidden', !mayCreate));
    }

    /** @param {Channel} channel */
    #row(channel) {
        const { name, kind, topic, isPrivate, permissions } = channel;
        if (!permissions.includes('manage_channels') && !may(shownCommunity(this.home.store.state), 'manage_channels')) {
            return settingsRow([icon('hash'), h('bdi.truncate', { title: name }, name)], [], []);
        }
        const act = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {() => unknown} */ run) => {
            const one = button({ label: `${label}: ${name}`, icon: sign, kind: 'quiet', iconOnly: true });
            one.addEventListener('click', () => void run());
            return one;
        };
        const up = act(t('channel.up'), 'arrow-up', () => this.#move(channel, -1, up));
        const down = act(t('channel.down'), 'arrow-down', () => this.#move(channel, 1, down));
        return settingsRow(
            [icon(kind === 'voice' ? 'voice' : isPrivate ? 'lock' : 'hash'), h('bdi.truncate', { title: name }, name)],
            topic ? [h('bdi', null, topic)] : [],
            [
                up,
                down,
                act(t('channel.edit'), 'edit', () => this.#edit(channel)),
                act(t('channel.permissions'), 'shield', () => editOverrides(this.home, channel.channelId)),
                act(t('channel.delete'), 'trash', () => this.#delete(channel)),
            ],
        );
    }

    /** Takes the place of the one before or behind it. @param {Channel} channel @param {-1|1} by @param {ReturnType<typeof button>} button */
    async #move({ channelId }, by, button) {
        const channels = shownCommunity(this.home.store.state)?.details?.channels ?? [];
        const at = channels.findIndex((one) => one.channelId === channelId);
        if (at < 0 || !channels[at + by]) return;
        const order = [...channels];
        [order[at], order[at + by]] = [order[at + by], order[at]];
        // Two may have one place: then all get one of their own.
        const isDistinct = channels.every(({ position }, index) => index === 0 || position > channels[index - 1].position);
        const places = channels.map(({ position }, index) => (isDistinct ? position : index));
        await attempt(this.home, async () => {
            for (const [index, one] of order.entries()) {
                if (one.position !== places[index]) await this.home.actions.changeChannel(one.channelId, { position: places[index] });
            }
        }, button);
    }

    /** @param {Channel} channel */
    async #edit({ channelId, kind, name: current, topic: about, slowModeSeconds }) {
        const name = field({ label: t('community.name'), name: 'name', value: current, maxlength: 64, required: true });
        const topic = field({ label: t('channel.topic'), name: 'topic', value: about ?? '', maxlength: 1024 });
        const steps = slowModes.includes(slowModeSeconds) ? slowModes : [...slowModes, slowModeSeconds];
        const slow = selectField({ label: t('channel.slow-mode'), value: String(slowModeSeconds), options: steps.map((one) => ({ value: String(one), label: slowText(one) })) });
        await askDialog({
            title: t('channel.edit-title', { name: current }),
            fields: kind === 'text' ? [name, topic, slow] : [name],
            confirm: t('community.save'),
            check: () => isFilled(name, 'community.name-missing'),
            act: () => this.home.actions.changeChannel(channelId, { name: name.value.trim(), ...(kind === 'text' && { topic: topic.value.trim(), slow_mode_seconds: Number(slow.select.value) }) }),
        });
    }

    /** @param {Channel} channel */
    async #delete({ channelId, name }) {
        const isSure = await confirmDialog({ title: t('channel.delete-title', { name }), text: t('channel.delete-text'), confirm: t('channel.delete'), danger: true });
        if (isSure) await attempt(this.home, () => this.home.actions.deleteChannel(channelId));
    }

    #form() {
        const name = field({ label: t('community.name'), name: 'name', maxlength: 64, required: true });
        const topic = field({ label: t('channel.topic'), name: 'topic', maxlength: 1024 });
        const kind = selectField({ label: t('channel.kind'), value: 'text', options: [{ value: 'text', label: t('channel.kind-text') }, { value: 'voice', label: t('channel.voice') }] });
        const roles = h('fieldset.role-choice', { hidden: true });
        const chosen = new Set();
        const isPrivate = toggle({
            label: t('channel.private'),
            hint: t('channel.private-hint'),
            checked: false,
            onchange: (isOn) => {
                roles.hidden = !isOn;
                const all = (shownCommunity(this.home.store.state)?.details?.roles ?? []).filter(({ isEveryone }) => !isEveryone);
                roles.replaceChildren(h('legend', null, t('channel.private-roles')), ...all.map(({ roleId, name: role }) =>
                    toggle({ label: role, checked: chosen.has(roleId), onchange: (has) => void (has ? chosen.add(roleId) : chosen.delete(roleId)) }).element));
            },
        });
        return settingsForm({
            fields: [name, topic, kind, isPrivate.element, roles],
            label: t('channels.create'),
            icon: 'plus',
            check: () => isFilled(name, 'community.name-missing'),
            act: async () => {
                const about = topic.value.trim();
                const form = { name: name.value.trim(), kind: kind.select.value, ...(about && { topic: about }), ...(isPrivate.input.checked && { private: true, role_ids: [...chosen] }) };
                await this.home.actions.createChannel(this.home.store.state.route.community ?? '', form);
                for (const one of [name, topic]) one.value = '';
                return t('channel.created', { name: form.name });
            },
        });
    }
}
