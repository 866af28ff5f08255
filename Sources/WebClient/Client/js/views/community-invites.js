/** @file `<home-community-invites>`: inviting somebody by his address, the invitations that wait, and links for anybody. */

import { button } from '../components/button.js';
import { field } from '../components/field.js';
import { fragmentOf } from '../routes.js';
import { shownCommunity } from '../store/selectors.js';
import { readAddress } from '../text/address.js';
import { currentLocale, t } from '../text/catalogue.js';
import { dateText, momentText } from '../text/dates.js';
import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { selectField } from './ask-dialog.js';
import { attempt } from './attempt.js';
import { may } from './community-may.js';
import { loadedList, section, settingsForm, settingsRow } from './settings-parts.js';

/** How long (s) a link is good; 0 is for ever. */
const lives = [3_600, 86_400, 604_800, 2_592_000, 0];
const uses = [0, 1, 10, 100];

export class HomeCommunityInvites extends View {
    build() {
        this.invitations = loadedList({
            load: () => this.home.actions.listOf(this.#id, 'invites'),
            key: (/** @type {any} */ invite) => invite.invite_id,
            row: (invite) => this.#invitation(invite),
            empty: t('invites.none'),
        });
        this.links = loadedList({
            load: async () => (await this.home.actions.listOf(this.#id, 'links')).filter(({ revoked }) => !revoked),
            key: (/** @type {any} */ { code, uses: used }) => `${code} ${used}`,
            row: (link) => this.#link(link),
            empty: t('invites.no-links'),
        });
        this.making = [section(t('invites.person'), this.#inviteForm()), section(t('invites.link'), this.#linkForm())];
        this.append(...this.making, section(t('invites.links'), this.links.element), section(t('invites.waiting'), this.invitations.element));
    }

    connected() {
        this.watch((state) => may(shownCommunity(state), 'create_invites'), (mayMake) => this.making?.forEach((one) => one.toggleAttribute('hidden', !mayMake)));
        void this.invitations?.reload();
        void this.links?.reload();
    }

    get #id() {
        return this.home.store.state.route.community ?? '';
    }

    #inviteForm() {
        const own = this.home.store.state.account?.server ?? '';
        const address = field({ label: t('friends.address'), name: 'user_id', autocomplete: 'off', maxlength: 290, placeholder: t('friends.address-example'), hint: t('friends.address-hint', { server: own }) });
        const read = () => readAddress(address.value, own);
        return settingsForm({
            fields: [address],
            label: t('invites.invite'),
            icon: 'user-plus',
            check: () => {
                const { problem } = read();
                if (problem) {
                    address.showProblem(t(problem));
                    address.input.focus();
                }
                return !problem;
            },
            act: async () => {
                const whom = read().address ?? '';
                await this.home.actions.invite(this.#id, whom);
                address.value = '';
                await this.invitations?.reload();
                return t('invites.invited', { address: whom });
            },
        });
    }

    #linkForm() {
        const life = selectField({ label: t('invites.life'), value: '604800', options: lives.map((one) => ({ value: String(one), label: t(`invites.life-${one}`) })) });
        const most = selectField({ label: t('invites.uses'), value: '0', options: uses.map((one) => ({ value: String(one), label: one === 0 ? t('invites.uses-any') : t('invites.uses-most', { count: one }) })) });
        return settingsForm({
            fields: [life, most],
            label: t('invites.make'),
            icon: 'plus',
            act: async () => {
                const [seconds, count] = [life, most].map(({ select }) => Number(select.value));
                const { code } = await this.home.actions.createLink(this.#id, { ...(seconds > 0 && { expires_in_seconds: seconds }), ...(count > 0 && { max_uses: count }) });
                await this.links?.reload();
                await this.home.actions.copy(this.#address(code));
            },
        });
    }

    /** As it is known everywhere. @param {string} code */
    #named(code) {
        return `${code}@${shownCommunity(this.home.store.state)?.details?.host ?? ''}`;
    }

    /** What is given away: who opens it comes to this homeserver, who pastes it at another one joins from there. @param {string} code */
    #address(code) {
        return `${location.origin}/${fragmentOf({ view: 'join', address: null, part: this.#named(code) })}`;
    }

    /** @param {any} invite */
    #invitation({ invite_id: id, user_id: address, from_username: from, expires_at: expires }) {
        const withdraw = button({ label: t('friends.withdraw'), kind: 'plain' });
        withdraw.setAttribute('aria-label', `${t('friends.withdraw')}: ${address}`);
        withdraw.addEventListener('click', () => attempt(this.home, async () => {
            await this.home.actions.withdrawInvitation(this.#id, id);
            await this.invitations?.reload();
        }, withdraw));
        return settingsRow([h('bdi', null, address)], [t('join.invited-by', { name: from, date: dateText(Date.parse(expires), currentLocale()) })], [withdraw]);
    }

    /** @param {any} link */
    #link({ code, created_by: by, expires_at: expires, max_uses: most, uses: used }) {
        const { actions } = this.home;
        const copy = button({ label: t('invites.copy'), icon: 'copy', kind: 'plain', onclick: () => void actions.copy(this.#address(code)) });
        // Somebody at another homeserver opens it there.
        const copyCode = button({ label: t('invites.copy-code'), kind: 'quiet', onclick: () => void actions.copy(this.#named(code)) });
        const revoke = button({ label: t('invites.revoke'), kind: 'danger' });
        revoke.addEventListener('click', () => attempt(this.home, async () => {
            await actions.revokeLink(this.#id, code);
            await this.links?.reload();
        }, revoke));
        const said = [
            most ? t('invites.used-of', { used, count: most }) : t('invites.used', { count: used }),
            expires ? t('join.until', { date: dateText(Date.parse(expires), currentLocale()) }) : t('invites.life-0'),
            by,
        ];
        const row = settingsRow([icon('link'), h('code.truncate', null, code)], [said.join(' · ')], [copy, copyCode, revoke]);
        if (used > 0) row.append(this.#uses(code));
        return row;
    }

    /** Who came by a link; asked for when somebody wants to know. @param {string} code */
    #uses(code) {
        const list = loadedList({
            load: () => this.home.actions.usesOfLink(this.#id, code),
            key: ({ user_id: who, at }) => `${who} ${at}`,
            row: ({ user_id: who, at }) => settingsRow([h('bdi', null, who)], [h('time', { datetime: at }, momentText(Date.parse(at), currentLocale()))], []),
            empty: t('invites.used-by-nobody'),
        });
        const uses = h('details.link-uses', null, h('summary', null, t('invites.used-by')), list.element);
        uses.addEventListener('toggle', () => uses.open && void list.reload());
        return uses;
    }
}
