/** @file `<home-member-list>`: who is in the community, those who are online first. Each has a menu with what one may do. */

import { avatar } from '../components/avatar.js';
import { button } from '../components/button.js';
import { menu } from '../components/menu.js';
import { sameOr } from '../store/conversations.js';
import { shownCommunity, statusOf } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { onNewMinute } from '../ui/clock.js';
import { h } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { memberItems } from './moderation.js';
import { roleDot } from './role-dot.js';

/** @typedef {import('../store/types.js').Member} Member @typedef {import('../store/types.js').Community} Community */
/** @typedef {{member: Member, status: 'online'|'offline'|null, role: import('../store/types.js').Role|null, isOwner: boolean, isTimedOut: boolean}} Entry  all that his row shows */

export class HomeMemberList extends View {
    /** As they were shown last: who has not changed keeps his row. @type {Map<string, Entry>} */
    #entries = new Map();

    build() {
        this.online = part(t('presence.online'), (/** @type {Entry} */ entry) => this.#row(entry));
        this.others = part(t('members.others'), (/** @type {Entry} */ entry) => this.#row(entry));
        this.next = button({ label: t('members.more'), kind: 'quiet', onclick: () => void this.#load(shownCommunity(this.home.store.state)?.members?.next ?? undefined) });
        this.status = h('p.hint', { role: 'status' });
        this.append(h('h2.visually-hidden', null, t('members.title')), this.online.element, this.others.element, this.next, this.status);
        this.setAttribute('role', 'complementary');
        this.setAttribute('aria-label', t('members.title'));
    }

    connected() {
        this.watch((state) => shownCommunity(state)?.members ?? null, () => this.#show());
        this.watch((state) => shownCommunity(state)?.details?.roles ?? null, () => this.#show());
        this.watch((state) => shownCommunity(state)?.owner ?? null, () => this.#show());
        this.watch(({ route, link, communities }) => (link.status === 'live' && communities.has(route.community ?? '') ? route.community : null), (id) => id && void this.#load());
        // Its home is back: what could not be asked for can be.
        this.watch((state) => shownCommunity(state)?.isStale, (isStale, wasStale) => wasStale && isStale === false && void this.#load());
        // Something of what frames tell of members was not heard.
        this.watch((state) => shownCommunity(state)?.memberDoubts ?? 0, (_, before) => before !== undefined && void this.#load());
        this.watch((state) => state.presence, () => this.#show());
        // No frame tells who of them comes and goes, except of friends: while one looks on, the list is asked for.
        onNewMinute(() => this.#refresh(), this.signal);
    }

    #refresh() {
        const { members = null, isStale = false } = shownCommunity(this.home.store.state) ?? {};
        if (members && !members.next && !isStale && this.offsetParent !== null) void this.#load();
    }

    /** @param {string} [after] */
    async #load(after) {
        const { store, actions } = this.home;
        const id = store.state.route.community;
        if (!id) return;
        this.next.busy = true;
        try {
            await actions.loadMembers(id, after);
            this.status.replaceChildren();
        } catch (failure) {
            this.status.replaceChildren(failureText(t, /** @type {any} */ (failure)), ' ', button({ label: t('sessions.again'), icon: 'retry', kind: 'quiet', onclick: () => void this.#load(after) }));
        } finally {
            this.next.busy = false;
        }
    }

    #show() {
        const { state } = this.home.store;
        const { members = null, details = null, owner = null } = shownCommunity(state) ?? {};
        const all = [...(members?.members.values() ?? [])].sort((a, b) => a.username.localeCompare(b.username) || (a.address < b.address ? -1 : 1));
        const entries = all.map((member) => {
            const seen = statusOf(state, member.address);
            // As what one is seen oneself: nobody is invisible to others.
            const status = seen === null ? member.status : seen === 'invisible' ? 'offline' : seen;
            const role = details?.roles.find(({ roleId }) => member.roleIds.includes(roleId)) ?? null;
            const isTimedOut = member.timedOutUntil !== null && Date.parse(member.timedOutUntil) > Date.now();
            return sameOr(this.#entries.get(member.address), { member, status, role, isOwner: owner === member.address, isTimedOut });
        });
        this.#entries = new Map(entries.map((entry) => [entry.member.address, entry]));
        this.online.show(entries.filter(({ status }) => status === 'online'));
        this.others.show(entries.filter(({ status }) => status !== 'online'));
        this.next.hidden = !members?.next;
    }

    /** @param {Entry} entry */
    #row({ member, status, role, isOwner, isTimedOut }) {
        const { address, username } = member;
        const picture = avatar({ address, username, size: 'small' });
        if (status) picture.append(h('span.presence-dot', { 'data-status': status, 'aria-hidden': 'true' }));
        const detail = isTimedOut ? t('members.timed-out') : isOwner ? t('members.owner') : role?.name;
        const content = [
            picture,
            h('span.member-lines', null, h('bdi.truncate', null, username), detail && h('bdi.muted.small.truncate', null, detail)),
            h('span.visually-hidden', null, t('members.menu')),
            role?.color && roleDot(role.color),
        ];
        const opener = menu({ label: t('friends.more', { name: username }), content, items: () => {
            const now = shownCommunity(this.home.store.state);
            return now ? memberItems(this.home, now, member) : [];
        } });
        opener.title = address;
        opener.classList.add('member');
        return h('li', null, opener);
    }
}

/** @param {string} title @param {(entry: Entry) => HTMLElement} make */
function part(title, make) {
    const count = h('span', null);
    const list = h('ul');
    const element = h('section', null, h('h3', null, title, ' · ', count), list);
    const showAll = keyed(list, (/** @type {Entry} */ { member }) => member.address, make);
    return {
        element,
        show: (/** @type {Entry[]} */ entries) => {
            showAll(entries);
            count.textContent = String(entries.length);
            element.hidden = entries.length === 0;
        },
    };
}
