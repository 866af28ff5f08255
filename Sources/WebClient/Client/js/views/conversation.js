/** @file `<home-conversation>`: the conversation that the route names: who it is with, the timeline, the composer; or why there is none. */

import { avatar } from '../components/avatar.js';
import { backLink } from '../components/back-link.js';
import { button } from '../components/button.js';
import { menu } from '../components/menu.js';
import { ownAddress } from '../components/own-address.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { blockItems, unblock } from './blocking.js';
import { shownConversation } from './conversation-shown.js';

/** @typedef {import('../store/types.js').State} State */

/**
 * What there is at the address. `waiting`: nobody can say yet, because the homeserver has not told.
 * @param {State} state @returns {'open'|'closed'|'blocked'|'stranger'|'blocked-stranger'|'waiting'}
 */
function standing(state) {
    const conversation = shownConversation(state);
    if (state.blocks?.has(state.route.address ?? '')) return conversation ? 'blocked' : 'blocked-stranger';
    if (conversation) return conversation.writable || state.link.status !== 'live' ? 'open' : 'closed';
    return state.link.status === 'live' || state.friends.size > 0 ? 'stranger' : 'waiting';
}

export class HomeConversation extends View {
    build() {
        this.header = h('header.conversation-header', null);
        this.timeline = h('home-timeline');
        this.composer = h('home-composer');
        this.note = h('div.conversation-note', { role: 'note' });
        this.body = h('div.conversation-body', null);
        this.append(this.header, this.body);
    }

    connected() {
        this.watch((state) => state.route.address, (address) => address && this.#showWho(address));
        this.watch((state) => `${standing(state)} ${state.route.address}`, () => this.#showWhat());
        this.listen(this, 'reply', (event) => /** @type {any} */ (this.composer).replyTo(event.detail));
        this.listen(this, 'sent', () => /** @type {any} */ (this.timeline).toNewest());
    }

    /** @param {string} address */
    #showWho(address) {
        const username = shownConversation(this.home.store.state)?.username ?? address.split('@')[0];
        this.header?.replaceChildren(
            backLink(),
            avatar({ address, username, presence: 'seen' }),
            h(
                'div.conversation-who',
                { title: address },
                h('h1.truncate', { tabindex: '-1' }, h('bdi', null, username)),
                h('p.truncate', null, h('home-last-seen', { 'data-address': address }), h('bdi', null, address)),
            ),
            menu({
                label: t('conversation.more'),
                items: () => [
                    { label: t('address.copy-other'), icon: 'copy', onselect: () => void this.home.actions.copy(address).catch(() => {}) },
                    { label: t('friends.title'), icon: 'friends', onselect: () => this.home.actions.navigate({ view: 'friends', address: null }) },
                    ...(address === this.home.store.state.account?.address ? [] : blockItems(this.home, { address, username })),
                ],
            }),
        );
    }

    #showWhat() {
        const { state } = this.home.store;
        const { address } = state.route;
        if (!address || !this.body || !this.timeline || !this.composer || !this.note) return;
        const what = standing(state);
        const hadFocus = this.body.contains(document.activeElement);
        if (what === 'open' || what === 'closed' || what === 'blocked') {
            if (what !== 'open') this.note.replaceChildren(...(what === 'closed' ? this.#closed(address) : this.#blocked(address)));
            const last = what === 'open' ? this.composer : this.note;
            if (this.timeline.parentElement !== this.body) this.body.replaceChildren(this.timeline, last);
            else if (last.parentElement !== this.body) this.body.replaceChild(last, /** @type {Element} */ (this.body.lastElementChild));
        } else {
            this.body.replaceChildren(what === 'waiting' ? waiting() : this.#stranger(address));
        }
        // What had it is gone. Not to a button: whoever writes on would press it.
        if (!hadFocus || this.body.contains(document.activeElement)) return;
        /** @type {HTMLElement|null} */ (what === 'open' ? this.composer.querySelector('textarea') : this.header?.querySelector('h1') ?? null)?.focus();
    }

    /** @param {string} address */
    #closed(address) {
        const name = address.split('@')[0];
        const { element, ask } = this.#asking(address);
        return [icon('info'), h('p', null, t('conversation.closed', { name })), ask, element];
    }

    /** Before it there is nobody to write to. @param {string} address */
    #blocked(address) {
        const username = address.split('@')[0];
        const end = button({ label: t('blocks.unblock'), kind: 'plain', onclick: () => void unblock(this.home, { address, username }, end) });
        return [icon('block'), h('p', null, t('blocks.note', { name: username })), end];
    }

    /** @param {string} address */
    #stranger(address) {
        if (address === this.home.store.state.account?.address) {
            return h('div.empty', null, icon('chat'), h('h2', null, t('conversation.yourself')), h('p', null, t('conversation.yourself-text')), ownAddress(address, this.home.actions.copy));
        }
        if (this.home.store.state.blocks?.has(address)) return h('div.empty', null, this.#blocked(address));
        const { element, ask } = this.#asking(address);
        return h('div.empty', null, icon('user-plus'), h('h2', null, t('conversation.stranger')), h('p', null, t('conversation.stranger-text', { address })), ask, element);
    }

    /** A button that asks for the friendship, and the place where it says what became of it. @param {string} address */
    #asking(address) {
        const element = h('p.conversation-asked', { role: 'status' });
        const request = [...this.home.store.state.requests.values()].find((one) => one.address === address);
        const friends = button({ label: t('conversation.to-requests'), kind: 'plain', onclick: () => this.home.actions.navigate({ view: 'friends', address: null }) });
        if (request?.direction === 'incoming') return { element, ask: friends };
        if (request) return { element: h('p.conversation-asked', null, t('friends.is-asked', { address })), ask: friends };
        const ask = button({
            label: t('friends.ask'),
            icon: 'user-plus',
            kind: 'primary',
            onclick: async () => {
                ask.busy = true;
                try {
                    const { state } = await this.home.actions.requestFriend(address);
                    element.textContent = t(`friends.asked-${state}`, { address, server: address.split('@')[1] ?? '' });
                    ask.hidden = true;
                } catch (failure) {
                    element.textContent = failureText(t, /** @type {any} */ (failure));
                }
                ask.busy = false;
            },
        });
        return { element, ask };
    }
}

function waiting() {
    return h('div.empty', { 'aria-busy': 'true' }, h('span.spinner', { 'aria-hidden': 'true' }), h('p', { role: 'status' }, t('conversation.waiting')));
}
