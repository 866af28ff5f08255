/** @file `<home-community-members>`: everybody in a community, found by a few letters, and who is banned. */

import { button } from '../components/button.js';
import { field } from '../components/field.js';
import { menu } from '../components/menu.js';
import { person } from '../components/person.js';
import { shownCommunity } from '../store/selectors.js';
import { currentLocale, t } from '../text/catalogue.js';
import { dateText, momentText } from '../text/dates.js';
import { failureText } from '../text/problems.js';
import { h } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { attempt } from './attempt.js';
import { may } from './community-may.js';
import { memberItems } from './moderation.js';
import { loadedList, section, settingsRow } from './settings-parts.js';

/** @typedef {import('../store/types.js').Member} Member */

/** How long (ms) one has to pause before the homeserver is asked. */
const pause = 300;

export class HomeCommunityMembers extends View {
    #timer = 0;

    build() {
        this.query = field({ label: t('members.find'), name: 'query', autocomplete: 'off', maxlength: 290, oninput: () => this.#written() });
        const list = h('ul.rows');
        this.show = keyed(list, (/** @type {Member} */ { address }) => address, (member) => this.#row(member));
        this.next = button({ label: t('members.more'), kind: 'quiet', onclick: () => void this.#load(shownCommunity(this.home.store.state)?.members?.next ?? undefined) });
        this.next.hidden = true;
        this.status = h('p.hint', { role: 'status' });
        this.bans = loadedList({
            load: () => this.home.actions.listOf(this.#id, 'bans'),
            key: (/** @type {any} */ ban) => ban.user_id,
            row: (ban) => this.#ban(ban),
            empty: t('members.no-bans'),
        });
        this.banned = section(t('members.banned'), this.bans.element);
        this.append(section(t('members.title'), this.query, this.status, list, this.next), this.banned);
    }

    get #id() {
        return this.home.store.state.route.community ?? '';
    }

    connected() {
        this.watch((state) => shownCommunity(state)?.members ?? null, () => this.#list());
        this.watch((state) => shownCommunity(state)?.memberDoubts ?? 0, (_, before) => before !== undefined && void this.#load());
        this.watch((state) => may(shownCommunity(state), 'ban_members'), (mayBan) => {
            this.banned?.toggleAttribute('hidden', !mayBan);
            if (mayBan) void this.bans?.reload();
        });
        void this.#load();
        this.signal.addEventListener('abort', () => clearTimeout(this.#timer));
    }

    /** @param {string} [after] */
    async #load(after) {
        try {
            await this.home.actions.loadMembers(this.#id, after);
            this.status?.replaceChildren();
        } catch (failure) {
            this.status?.replaceChildren(failureText(t, /** @type {any} */ (failure)), ' ', button({ label: t('sessions.again'), icon: 'retry', onclick: () => void this.#load(after) }));
        }
    }

    #written() {
        this.#list();
        clearTimeout(this.#timer);
        const { members } = shownCommunity(this.home.store.state) ?? {};
        // Those who are not here yet the homeserver knows.
        if (members?.next && this.query?.value.trim()) this.#timer = setTimeout(() => void this.#find(this.query?.value.trim() ?? ''), pause);
    }

    /** @param {string} query */
    async #find(query) {
        const id = this.#id;
        await attempt(this.home, async () => {
            for (const member of await this.home.actions.findMembers(id, query)) this.home.store.dispatch({ type: 'member-known', communityId: id, member });
        });
    }

    #list() {
        const { members } = shownCommunity(this.home.store.state) ?? {};
        const query = this.query?.value.trim().toLowerCase() ?? '';
        const all = [...(members?.members.values() ?? [])].filter(({ address }) => address.includes(query));
        this.show?.(all.sort((a, b) => a.username.localeCompare(b.username) || (a.address < b.address ? -1 : 1)));
        if (this.next) this.next.hidden = !members?.next || query !== '';
    }

    /** @param {Member} member */
    #row(member) {
        const { address, username, joinedAt, roleIds, timedOutUntil } = member;
        const community = shownCommunity(this.home.store.state);
        const roles = (community?.details?.roles ?? []).filter(({ roleId }) => roleIds.includes(roleId)).map(({ name }) => name);
        const isTimedOut = timedOutUntil !== null && Date.parse(timedOutUntil) > Date.now();
        const said = [
            ...(community?.owner === address ? [t('members.owner')] : []),
            ...(isTimedOut ? [t('members.timed-out-until', { date: momentText(Date.parse(timedOutUntil), currentLocale()) })] : []),
            ...roles,
            t('members.since', { date: dateText(Date.parse(joinedAt), currentLocale()) }),
        ];
        const more = menu({ label: t('friends.more', { name: username }), items: () => {
            const now = shownCommunity(this.home.store.state);
            return now ? memberItems(this.home, now, now.members?.members.get(address) ?? member) : [];
        } });
        return h('li', null, h('div.who', null, person({ address, username }), h('p.detail', { dir: 'auto' }, said.join(' · '))), h('div.actions', null, more));
    }

    /** @param {any} ban */
    #ban({ user_id: address, username, by_user_id: by, reason, created_at: at }) {
        const lift = button({ label: t('members.unban'), kind: 'plain' });
        lift.setAttribute('aria-label', t('members.unban-one', { name: username }));
        lift.addEventListener('click', () => attempt(this.home, async () => {
            await this.home.actions.unban(this.#id, address);
            await this.bans?.reload();
        }, lift));
        return settingsRow([h('bdi', null, address)], [t('members.banned-by', { name: by, date: dateText(Date.parse(at), currentLocale()) }), ...(reason ? [' · ', h('bdi', null, reason)] : [])], [lift]);
    }
}
