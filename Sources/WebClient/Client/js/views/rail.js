/** @file `<home-rail>`: the communities beside the column, with what is unread in them; above them the way to the conversations, below one to others. */

import { avatar } from '../components/avatar.js';
import { badge } from '../components/badge.js';
import { rovingList } from '../components/roving-list.js';
import { fragmentOf } from '../routes.js';
import { communityCounts, communityList, openInvitations } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { h, icon } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';

/** @typedef {import('../store/types.js').Community} Community */
/** @typedef {{community: Community, unread: number, mentions: number}} Entry */

export class HomeRail extends View {
    /** Entries as they were shown last: who looks at one that has not changed sees the same object. @type {Map<string, Entry>} */
    #entries = new Map();

    build() {
        this.homeLink = h('a.rail-entry', { href: '#/', 'aria-label': t('rail.conversations'), title: t('rail.conversations') }, icon('chat'));
        this.invitations = badge({ count: 0, label: '' });
        this.add = h('a.rail-entry', { href: '#/join/', 'aria-label': t('rail.add'), title: t('rail.add') }, icon('plus'), this.invitations);
        const list = h('ul.rail-list');
        this.show = keyed(list, (/** @type {Entry} */ { community }) => community.communityId, (entry) => this.#entry(entry));
        this.roving = rovingList(list, { selector: 'a' });
        this.append(h('nav', { 'aria-label': t('rail.title') }, this.homeLink, list, this.add));
    }

    connected() {
        this.watch(communityList, () => this.#update());
        this.watch(communityCounts, () => this.#update());
        this.watch((state) => state.route, () => this.#mark());
        this.watch(openInvitations, (count) => this.#invite(count));
    }

    #update() {
        const { state } = this.home.store;
        const counts = communityCounts(state);
        const entries = communityList(state).map((community) => {
            const { unread = 0, mentions = 0 } = counts.get(community.communityId) ?? {};
            const before = this.#entries.get(community.communityId);
            const isSame = before && before.unread === unread && before.mentions === mentions && isShownAlike(before.community, community);
            return isSame ? before : { community, unread, mentions };
        });
        this.#entries = new Map(entries.map((entry) => [entry.community.communityId, entry]));
        this.show?.(entries);
        this.#mark();
        this.roving?.refresh();
    }

    /** @param {Entry} entry */
    #entry({ community, unread, mentions }) {
        const { communityId: id, name, isStale } = community;
        const label = mentions > 0 ? t('rail.mentions', { name, count: mentions }) : isStale ? t('rail.stale', { name }) : unread > 0 ? t('rail.unread', { name }) : name;
        const link = h(
            'a.rail-entry',
            { href: fragmentOf({ view: 'community', address: null, community: id }), 'aria-label': label, title: name, 'data-community': id, 'data-type-ahead': name },
            avatar({ address: id, username: name }),
            badge({ count: mentions, label: '' }),
        );
        link.classList.toggle('unread', unread > 0);
        link.classList.toggle('stale', isStale);
        return h('li', null, link);
    }

    #mark() {
        const { view, community } = this.home.store.state.route;
        const here = community ?? (view === 'join' ? 'join' : '');
        for (const link of this.querySelectorAll('a')) {
            const which = link === this.homeLink ? '' : link === this.add ? 'join' : link.dataset.community;
            if (which === here) link.setAttribute('aria-current', 'true');
            else link.removeAttribute('aria-current');
        }
    }

    /** @param {number} count */
    #invite(count) {
        this.invitations?.show(count, '');
        this.add?.setAttribute('aria-label', count > 0 ? `${t('rail.add')}, ${t('rail.invitations', { count })}` : t('rail.add'));
    }
}

/** @param {Community} before @param {Community} now */
const isShownAlike = (before, now) => before.name === now.name && before.isStale === now.isStale;
