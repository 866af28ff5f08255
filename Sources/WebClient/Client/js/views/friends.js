/** @file `<home-friends>`: find somebody, answer who asks, see who was asked, and the friends one has. All of it changes live. */

import { h, icon } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { backLink } from '../components/back-link.js';
import { button } from '../components/button.js';
import { confirmDialog } from '../components/dialog.js';
import { menu } from '../components/menu.js';
import { ownAddress } from '../components/own-address.js';
import { person } from '../components/person.js';
import { friendList, incomingRequests, onlineCount, outgoingRequests } from '../store/selectors.js';
import { serverOf } from '../text/address.js';
import { attempt } from './attempt.js';
import { blockItems } from './blocking.js';
import { addFriendForm } from './friends-add.js';

/** @typedef {import('../store/types.js').Friend} Friend */
/** @typedef {import('../store/types.js').FriendRequest} FriendRequest */

/** How long (ms) until the next look at requests that wait for another homeserver: twice as long each time, up to the last. */
const firstLook = 1_000;
const lastLook = 60_000;

export class HomeFriends extends View {
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    #looking;

    build() {
        const { t, store, actions } = this.home;
        const account = /** @type {import('../store/types.js').Account} */ (store.state.account);
        this.incoming = section('friends-incoming', t('friends.incoming'), (/** @type {FriendRequest} */ { requestId }) => requestId, (request) => this.#incoming(request));
        this.outgoing = section('friends-outgoing', t('friends.outgoing'), (/** @type {FriendRequest} */ { requestId }) => requestId, (request) => this.#outgoing(request));
        this.all = section('friends-all', t('friends.all'), (/** @type {Friend} */ { address }) => address, (friend) => this.#friend(friend));
        this.empty = h('div.empty', null, icon('friends'), h('h2', null, t('friends.none')), h('p', null, t('friends.none-text')), ownAddress(account.address, actions.copy));
        this.append(
            h('header.view-header', null, backLink(), h('h1', { tabindex: '-1' }, t('friends.title'))),
            h(
                'div.view-body',
                null,
                h('section', { 'aria-labelledby': 'friends-add' }, h('h2', { id: 'friends-add' }, t('friends.add')), addFriendForm(this.home)),
                this.incoming.element,
                this.outgoing.element,
                this.all.element,
                this.empty,
            ),
        );
    }

    connected() {
        this.watch(incomingRequests, (requests) => this.incoming?.show(requests));
        this.watch(outgoingRequests, (requests) => {
            this.outgoing?.show(requests);
            this.#lookLater(firstLook);
        });
        this.signal.addEventListener('abort', () => clearTimeout(this.#looking), { once: true });
        this.watch(friendList, (friends) => {
            this.all?.show(friends);
            if (this.empty) this.empty.hidden = friends.length > 0;
        });
        this.watch(onlineCount, (count) => this.all?.note(count > 0 ? this.home.t('friends.online', { count }) : ''));
    }

    /** No frame tells that a request has reached its homeserver: while one looks on, the list is asked for. @param {number} ms */
    #lookLater(ms) {
        clearTimeout(this.#looking);
        const { store, actions } = this.home;
        if (!outgoingRequests(store.state).some(({ state }) => state === 'queued')) return;
        this.#looking = setTimeout(() => {
            if (document.visibilityState === 'visible') actions.refreshRequests();
            this.#lookLater(Math.min(2 * ms, lastLook));
        }, ms);
    }

    /** @param {FriendRequest} request */
    #incoming(request) {
        const { t, actions } = this.home;
        const accept = button({ label: t('friends.accept'), icon: 'check', kind: 'primary' });
        const decline = button({ label: t('friends.decline'), kind: 'plain' });
        accept.addEventListener('click', () => attempt(this.home, () => actions.acceptRequest(request.requestId), accept));
        decline.addEventListener('click', () => attempt(this.home, () => actions.declineRequest(request.requestId), decline));
        return row(person(request), null, [decline, accept], this.#more(request));
    }

    /** @param {FriendRequest} request */
    #outgoing(request) {
        const { t, actions } = this.home;
        const withdraw = button({ label: t('friends.withdraw'), kind: 'plain' });
        withdraw.addEventListener('click', () => attempt(this.home, () => actions.withdrawRequest(request.requestId), withdraw));
        const state = h('span.state', null, icon('clock'), t(`friends.state-${request.state}`, { server: serverOf(request.address) }));
        return row(person(request), state, [withdraw]);
    }

    /** @param {Friend} friend */
    #friend(friend) {
        const { t, actions } = this.home;
        const write = button({
            label: t('friends.message'),
            icon: 'chat',
            kind: 'plain',
            onclick: () => actions.navigate({ view: 'conversation', address: friend.address }),
        });
        write.classList.add('compact');
        const seen = h('home-last-seen', { 'data-address': friend.address });
        const more = this.#more(friend, { label: t('friends.remove'), icon: 'trash', danger: true, onselect: () => this.#remove(friend) });
        return row(person({ ...friend, presence: 'seen', beside: seen }), null, [write, more]);
    }

    /** What one does more seldom. @param {import('../store/types.js').Person} who @param {...import('../components/menu.js').MenuItem} others */
    #more(who, ...others) {
        const { t, actions } = this.home;
        return menu({
            label: t('friends.more', { name: who.username }),
            items: () => [{ label: t('address.copy-other'), icon: 'copy', onselect: () => actions.copy(who.address) }, ...others, ...blockItems(this.home, who)],
        });
    }

    /** @param {Friend} friend */
    async #remove({ address, username }) {
        const { t, actions } = this.home;
        const isSure = await confirmDialog({
            title: t('friends.remove-title', { name: username }),
            text: t('friends.remove-text', { address }),
            confirm: t('friends.remove'),
            danger: true,
        });
        if (isSure) await attempt(this.home, () => actions.removeFriend(address));
    }

}

/**
 * A part of the page with a list, hidden while the list is empty.
 * @template T
 * @param {string} id
 * @param {string} title
 * @param {(item: T) => string} key
 * @param {(item: T) => HTMLElement} make
 */
function section(id, title, key, make) {
    const count = h('span.count');
    const more = h('span.count');
    const list = h('ul.rows');
    const element = h('section', { 'aria-labelledby': id }, h('h2', { id }, title, ' ', count, ' ', more), list);
    const showAll = keyed(list, key, make);
    return {
        element,
        show: (/** @type {T[]} */ items) => {
            showAll(items);
            count.textContent = String(items.length);
            element.hidden = items.length === 0;
        },
        note: (/** @type {string} */ text) => {
            more.textContent = text && `· ${text}`;
        },
    };
}

/** @param {HTMLElement} who @param {HTMLElement|null} state @param {HTMLElement[]} actions @param {HTMLElement} [more]  in a narrow window it stands beside the name */
function row(who, state, actions, more) {
    return h('li', null, h('div.who', null, who, state), h('div.actions', null, actions), more && h('div.more', null, more));
}
