/** @file `<home-community-column>`: the channels of the community in which one is, in place of the conversations. */

import { badge } from '../components/badge.js';
import { confirmDialog } from '../components/dialog.js';
import { menu } from '../components/menu.js';
import { rovingList } from '../components/roving-list.js';
import { fragmentOf } from '../routes.js';
import { shownCommunity } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { attempt } from './attempt.js';
import { isOwner, may } from './community-may.js';
import { staleText, standingOfCommunity } from './community-state.js';

/** @typedef {import('../store/types.js').Community} Community @typedef {import('../store/types.js').Channel} Channel */
/** @typedef {{channel: Channel, unread: number, mentions: number}} Entry */

export class HomeCommunityColumn extends View {
    /** @type {Map<string, Entry>} */
    #entries = new Map();

    build() {
        this.heading = h('h2.truncate', null);
        this.more = menu({ label: t('community.more'), items: () => this.#items() });
        this.notice = h('p.community-stale', { role: 'status' });
        const list = h('ul.channel-list');
        this.show = keyed(list, (/** @type {Entry} */ { channel }) => channel.channelId, (entry) => this.#entry(entry));
        this.roving = rovingList(list, { selector: 'a' });
        this.empty = h('p.conversation-list-empty', { role: 'status' });
        const nav = h('nav.channels', { 'aria-label': t('channels.title') }, list, this.empty);
        this.append(h('header', null, this.heading, this.more), this.notice, nav);
    }

    connected() {
        this.watch(shownCommunity, (community) => this.#update(community));
        this.watch((state) => state.conversations, () => this.#showChannels());
        this.watch(standingOfCommunity, () => this.#showChannels());
        this.watch((state) => state.route, () => this.#mark());
    }

    /** @param {Community|null} community */
    #update(community) {
        this.heading?.replaceChildren(h('bdi', null, community?.name ?? t('community.title')));
        this.heading?.setAttribute('title', community?.name ?? '');
        if (this.more) this.more.hidden = !community?.details;
        if (this.notice) this.notice.textContent = staleText(community);
        this.#showChannels();
    }

    #showChannels() {
        const { state } = this.home.store;
        const channels = shownCommunity(state)?.details?.channels ?? [];
        const entries = channels.map((channel) => {
            const { unread = 0, mentions = 0 } = state.conversations.get(channel.channelId) ?? {};
            const before = this.#entries.get(channel.channelId);
            return before && before.channel === channel && before.unread === unread && before.mentions === mentions ? before : { channel, unread, mentions };
        });
        this.#entries = new Map(entries.map((entry) => [entry.channel.channelId, entry]));
        this.show?.(entries);
        if (this.empty) this.empty.hidden = channels.length > 0;
        this.empty?.replaceChildren(...(channels.length > 0 ? [] : [this.#whyNone()]));
        this.#mark();
        this.roving?.refresh();
    }

    /** In a narrow window nobody else says it. */
    #whyNone() {
        const { state } = this.home.store;
        const standing = standingOfCommunity(state);
        const failure = state.communities.get(state.route.community ?? '')?.failure;
        if (standing === 'here') return t('channels.none');
        if (standing === 'failed' && failure) return failureText(t, failure);
        return standing === 'gone' ? `${t('community.gone')}. ${t('community.gone-text')}` : t('conversation.waiting');
    }

    /** @param {Entry} entry */
    #entry({ channel, unread, mentions }) {
        const { channelId, name, kind, isPrivate } = channel;
        const signs = [
            icon(kind === 'voice' ? 'voice' : 'hash'),
            h('bdi.truncate', { title: name }, name),
            isPrivate && h('span.channel-private', { title: t('channel.private') }, icon('lock'), h('span.visually-hidden', null, t('channel.private'))),
        ];
        if (kind === 'voice') return h('li', null, h('span.channel-entry.voice', null, signs, h('span.visually-hidden', null, t('channel.voice'))));
        const route = /** @type {import('../store/types.js').Route} */ ({ ...this.home.store.state.route, view: 'channel', address: channelId });
        const link = h(
            'a.channel-entry',
            { href: fragmentOf(route), 'data-channel': channelId, 'data-type-ahead': name },
            signs,
            unread > 0 && mentions === 0 && h('span.visually-hidden', null, t('conversations.unread', { count: unread })),
            badge({ count: mentions, label: t('channel.mentions', { count: mentions }) }),
        );
        link.classList.toggle('unread', unread > 0);
        return h('li', null, link);
    }

    #mark() {
        const { address } = this.home.store.state.route;
        for (const link of this.querySelectorAll('a.channel-entry')) {
            if (/** @type {HTMLElement} */ (link).dataset.channel === address) link.setAttribute('aria-current', 'page');
            else link.removeAttribute('aria-current');
        }
    }

    /** @returns {import('../components/menu.js').MenuItem[]} */
    #items() {
        const { store, actions } = this.home;
        const community = shownCommunity(store.state);
        if (!community) return [];
        const { communityId } = community;
        const to = (/** @type {string} */ part) => () => actions.navigate({ view: 'community-settings', address: null, community: communityId, part });
        return [
            ...(may(community, 'create_invites') ? [{ label: t('community.invite'), icon: 'user-plus', onselect: to('invites') }] : []),
            ...(may(community, 'manage_channels') ? [{ label: t('channels.create'), icon: 'plus', onselect: to('channels') }] : []),
            ...(may(community, 'handle_reports') ? [{ label: t('community.part-reports'), icon: 'flag', onselect: to('reports') }] : []),
            { label: t('community-settings.title'), icon: 'settings', onselect: to('general') },
            ...(isOwner(store.state, community) ? [] : [{ label: t('community.leave'), icon: 'sign-out', danger: true, onselect: () => void leave(this.home, community) }]),
        ];
    }
}

/** @param {import('../home.js').Home} home @param {Community} community */
export async function leave(home, { communityId, name }) {
    const isSure = await confirmDialog({ title: t('community.leave-title', { name }), text: t('community.leave-text'), confirm: t('community.leave'), danger: true });
    if (isSure && (await attempt(home, () => home.actions.leaveCommunity(communityId)))) home.actions.navigate({ view: 'home', address: null });
}
