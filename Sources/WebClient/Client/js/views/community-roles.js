/** @file `<home-community-roles>`: the roles of a community, the highest first, and what each may do. */

import { button } from '../components/button.js';
import { confirmDialog } from '../components/dialog.js';
import { field } from '../components/field.js';
import { toggle } from '../components/toggle.js';
import { shownCommunity } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { h, icon } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { askDialog, isFilled } from './ask-dialog.js';
import { attempt } from './attempt.js';
import { isOwner, may } from './community-may.js';
import { roleDot } from './role-dot.js';
import { section, settingsRow } from './settings-parts.js';

/** @typedef {import('../store/types.js').Role} Role */

/** As the homeserver orders them. */
const permissions = [
    'administrator', 'manage_community', 'manage_roles', 'manage_channels', 'create_invites', 'manage_invites', 'kick_members', 'ban_members', 'time_out_members',
    'view_audit_log', 'handle_reports', 'view_channel', 'send_messages', 'read_history', 'manage_messages', 'mention_everyone', 'bypass_slow_mode', 'attach_files',
    'add_reactions', 'connect', 'speak', 'mute_members',
];

export class HomeCommunityRoles extends View {
    build() {
        const list = h('ul.rows');
        this.show = keyed(list, (/** @type {Role} */ { roleId }) => roleId, (role) => this.#row(role));
        const create = button({ label: t('roles.create'), icon: 'plus', kind: 'primary', onclick: () => void this.#edit(null) });
        this.append(section(t('community.part-roles'), h('p.hint', null, t('roles.hint')), list, h('p', null, create)));
    }

    connected() {
        this.watch((state) => shownCommunity(state)?.details?.roles ?? null, (roles) => this.show?.(roles ?? []));
    }

    /** Only what stands below oneself can be changed. @param {Role} role */
    #mayChange({ position }) {
        const { state } = this.home.store;
        const community = shownCommunity(state);
        return isOwner(state, community) || position < (community?.details?.position ?? 0);
    }

    /** @param {Role} role */
    #row(role) {
        const { name, color, isEveryone, permissions: granted } = role;
        const sign = color ? roleDot(color) : icon(isEveryone ? 'friends' : 'shield');
        const detail = granted.includes('administrator') ? t('permission.administrator') : t('roles.count', { count: granted.length });
        const act = (/** @type {string} */ label, /** @type {string} */ drawing, /** @type {(by: ReturnType<typeof button>) => unknown} */ run) => {
            const one = button({ label: `${label}: ${name}`, icon: drawing, kind: 'quiet', iconOnly: true });
            one.addEventListener('click', () => void run(one));
            return one;
        };
        const actions = [act(t('channel.edit'), 'edit', () => this.#edit(role))];
        if (!isEveryone) {
            actions.unshift(act(t('channel.up'), 'arrow-up', (by) => this.#move(role, 1, by)), act(t('channel.down'), 'arrow-down', (by) => this.#move(role, -1, by)));
            actions.push(act(t('roles.delete'), 'trash', () => this.#delete(role)));
        }
        return settingsRow([sign, h('bdi.truncate', { title: name }, isEveryone ? t('mention.everyone') : name)], [detail], this.#mayChange(role) ? actions : []);
    }

    /** @param {Role} role @param {1|-1} by @param {ReturnType<typeof button>} button */
    async #move({ roleId, position }, by, button) {
        const { communityId = '', details } = shownCommunity(this.home.store.state) ?? {};
        const next = position + by;
        if (next < 1 || next > Math.max(...(details?.roles ?? []).map((role) => role.position))) return;
        await attempt(this.home, () => this.home.actions.changeRole(communityId, roleId, { position: next }), button);
    }

    /** @param {Role} role */
    async #delete({ roleId, name }) {
        const { communityId = '' } = shownCommunity(this.home.store.state) ?? {};
        const isSure = await confirmDialog({ title: t('roles.delete-title', { name }), text: t('roles.delete-text'), confirm: t('roles.delete'), danger: true });
        if (isSure) await attempt(this.home, () => this.home.actions.deleteRole(communityId, roleId));
    }

    /** @param {Role|null} role  null: a new one */
    async #edit(role) {
        const { state } = this.home.store;
        const community = shownCommunity(state);
        if (!community) return;
        const { communityId } = community;
        const granted = new Set(role?.permissions ?? []);
        // Nobody gives what he does not have.
        const given = isOwner(state, community) || may(community) ? permissions : permissions.filter((one) => may(community, one) || granted.has(one));
        const name = field({ label: t('community.name'), name: 'name', value: role?.name ?? '', maxlength: 64, required: true });
        const color = field({ label: t('roles.color'), name: 'color', type: 'color', value: role?.color ?? '#888888' });
        const hasColor = toggle({ label: t('roles.has-color'), checked: Boolean(role?.color), onchange: (isOn) => (color.hidden = !isOn) });
        color.hidden = !role?.color;
        const toggles = given.map((permission) =>
            toggle({ label: t(`permission.${permission}`), checked: granted.has(permission), onchange: (has) => void (has ? granted.add(permission) : granted.delete(permission)) }).element);
        const looks = role?.isEveryone ? [] : [name, hasColor.element, color];
        await askDialog({
            title: role ? t('roles.edit-title', { name: role.isEveryone ? t('mention.everyone') : role.name }) : t('roles.create'),
            fields: [...looks, h('fieldset.role-choice', null, h('legend', null, t('roles.permissions')), toggles)],
            confirm: role ? t('community.save') : t('roles.create'),
            check: () => role?.isEveryone === true || isFilled(name, 'community.name-missing'),
            act: async () => {
                const wanted = permissions.filter((one) => granted.has(one));
                const look = role?.isEveryone ? {} : { name: name.value.trim(), ...(hasColor.input.checked ? { color: color.value } : role?.color && { color: null }) };
                if (role) await this.home.actions.changeRole(communityId, role.roleId, { ...look, permissions: wanted });
                else await this.home.actions.createRole(communityId, { ...look, permissions: wanted });
            },
        });
    }
}
