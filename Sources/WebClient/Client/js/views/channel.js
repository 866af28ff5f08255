/** @file `<home-channel>`: the channel that the route names: what it is about, the timeline, the composer, the members; or why there is none. */

import { backLink } from '../components/back-link.js';
import { button } from '../components/button.js';
import { menu } from '../components/menu.js';
import { fragmentOf } from '../routes.js';
import { shownChannel, shownCommunity } from '../store/selectors.js';
import { currentLocale, t } from '../text/catalogue.js';
import { momentText } from '../text/dates.js';
import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { communityPlace, staleText, standingOfCommunity } from './community-state.js';
import { may } from './community-may.js';
import { mentionsIn, writtenFor } from './mention-source.js';
import { messageItems } from './moderation.js';

/** @typedef {import('../store/types.js').State} State */

/** Where there is room for the members beside the messages, as in communities.css. */
const wide = matchMedia('(min-width: 64em)');

/** @param {State} state @returns {'open'|'mute'|'voice'|'missing'|'waiting'|'failed'|'gone'} */
function standing(state) {
    const community = standingOfCommunity(state);
    if (community !== 'here') return community;
    const channel = shownChannel(state);
    if (!channel) return 'missing';
    if (channel.kind === 'voice') return 'voice';
    return state.conversations.get(channel.channelId)?.writable ? 'open' : 'mute';
}

export class HomeChannel extends View {
    build() {
        this.header = h('header.conversation-header', null);
        this.timeline = /** @type {import('./timeline.js').HomeTimeline} */ (h('home-timeline'));
        this.composer = /** @type {import('./composer.js').HomeComposer} */ (h('home-composer'));
        this.note = h('div.conversation-note', { role: 'note' });
        this.body = h('div.conversation-body', null);
        this.members = h('home-member-list');
        this.wantsMembers = wide.matches;
        this.toggle = button({ label: t('members.title'), icon: 'friends', kind: 'quiet', iconOnly: true, onclick: () => this.#showMembers(!this.wantsMembers) });
        this.more = menu({ label: t('channel.more'), items: () => this.#items() });
        this.stale = h('p.community-stale', { role: 'status' });
        this.append(this.header, this.stale, h('div.channel-body', null, this.body, this.members));
    }

    connected() {
        const { store } = this.home;
        this.composer.mentionsIn = (text) => mentionsIn(store.state, text);
        this.timeline.namesOf = (mentions) => mentions.flatMap((mention) => this.#namesOf(mention));
        this.timeline.moreFor = (message) => {
            const community = shownCommunity(store.state);
            return community ? messageItems(this.home, community, message) : [];
        };
        this.watch((state) => shownChannel(state) ?? state.route.address, () => this.#showWhich());
        this.watch((state) => staleText(shownCommunity(state)), (text) => this.stale?.replaceChildren(text));
        this.watch((state) => `${standing(state)} ${state.route.address} ${shownCommunity(state)?.details?.timedOutUntil ?? ''}`, () => this.#showWhat());
        this.listen(wide, 'change', () => this.#showMembers(wide.matches));
        this.listen(this, 'reply', (event) => this.composer.replyTo(event.detail));
        this.listen(this, 'sent', () => this.timeline.toNewest());
        this.listen(this.members, 'keydown', (event) => {
            // An open menu in it closes first.
            if (event.key !== 'Escape' || wide.matches || event.defaultPrevented || document.querySelector(':popover-open')) return;
            event.preventDefault();
            this.#showMembers(false);
            this.toggle.focus();
        });
        this.#showMembers(this.wantsMembers ?? false);
    }

    /** @param {boolean} isShown */
    #showMembers(isShown) {
        this.wantsMembers = isShown;
        // Where there is no channel there are no members beside it.
        this.members.hidden = !isShown || !['open', 'mute'].includes(standing(this.home.store.state));
        this.toggle.setAttribute('aria-expanded', String(isShown));
    }

    #showWhich() {
        const { state } = this.home.store;
        const channel = shownChannel(state);
        const { community = '' } = state.route;
        const slow = channel && channel.slowModeSeconds > 0 ? t('channel.slow', { count: channel.slowModeSeconds }) : null;
        const about = [channel?.topic, slow].filter((one) => one).join(' · ');
        const hadFocus = this.header.contains(document.activeElement) ? document.activeElement : null;
        this.header.replaceChildren(
            backLink(fragmentOf({ view: 'community', address: null, community })),
            icon(channel?.isPrivate ? 'lock' : 'hash'),
            h('div.conversation-who', { title: channel?.topic ?? '' }, h('h1.truncate', { tabindex: '-1' }, h('bdi', null, channel?.name ?? t('channel.title'))), about !== '' && h('p.truncate', { dir: 'auto' }, about)),
            this.toggle,
            this.more,
        );
        if (hadFocus instanceof HTMLElement && hadFocus.isConnected) hadFocus.focus();
    }

    #showWhat() {
        const { state } = this.home.store;
        const what = standing(state);
        const hadFocus = this.body.contains(document.activeElement);
        const hasTimeline = what === 'open' || what === 'mute';
        this.more.hidden = !hasTimeline;
        this.toggle.hidden = !hasTimeline;
        this.#showMembers(this.wantsMembers ?? false);
        if (hasTimeline) {
            if (what === 'mute') this.note.replaceChildren(icon('info'), h('p', null, this.#whyMute(state)));
            const last = what === 'open' ? this.composer : this.note;
            if (this.timeline.parentElement !== this.body) this.body.replaceChildren(this.timeline, last);
            else if (last.parentElement !== this.body) this.body.replaceChild(last, /** @type {Element} */ (this.body.lastElementChild));
        } else if (what === 'missing' || what === 'voice') {
            this.body.replaceChildren(h('div.empty', null, icon(what === 'voice' ? 'voice' : 'hash'), h('h2', null, t(`channel.${what}`)), h('p', null, t(`channel.${what}-text`))));
        } else {
            this.body.replaceChildren(communityPlace(this.home, what));
        }
        if (!hadFocus || this.body.contains(document.activeElement)) return;
        /** @type {HTMLElement|null} */ (what === 'open' ? this.composer.querySelector('textarea') : this.header.querySelector('h1'))?.focus();
    }

    /** @param {State} state */
    #whyMute(state) {
        const { timedOutUntil = null } = shownCommunity(state)?.details ?? {};
        if (!timedOutUntil || Date.parse(timedOutUntil) <= Date.now()) return t('channel.mute');
        return t('channel.timed-out', { date: momentText(Date.parse(timedOutUntil), currentLocale()) });
    }

    /** As it may be written in a text. @param {string} mention */
    #namesOf(mention) {
        const { state } = this.home.store;
        const { details } = shownCommunity(state) ?? {};
        if (mention === 'everyone') return [{ name: 'everyone', isMe: true }];
        if (!mention.includes('@')) {
            const role = details?.roles.find(({ roleId }) => roleId === mention);
            return role ? [{ name: role.name, isMe: details?.roleIds.includes(mention) ?? false }] : [];
        }
        const isMe = mention === state.account?.address;
        return [...new Set([mention, writtenFor(state, mention), mention.split('@')[0]])].map((name) => ({ name, isMe }));
    }

    /** @returns {import('../components/menu.js').MenuItem[]} */
    #items() {
        const { store, actions } = this.home;
        const { community = '', address } = store.state.route;
        const to = (/** @type {string} */ part) => () => actions.navigate({ view: 'community-settings', address: null, community, part });
        const mayManage = may(shownCommunity(store.state), 'manage_channels') || (shownChannel(store.state)?.permissions.includes('manage_channels') ?? false);
        return [
            { label: t('channel.copy'), icon: 'copy', onselect: () => void actions.copy(`${location.origin}/${fragmentOf({ view: 'channel', address, community })}`) },
            ...(mayManage ? [{ label: t('channel.settings'), icon: 'settings', onselect: to('channels') }] : []),
        ];
    }
}
