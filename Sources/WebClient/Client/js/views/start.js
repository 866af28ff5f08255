/** @file `<home-start>`: what stands in the middle while nothing is open: first steps for somebody new, a quiet hint for everybody else. */

import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { allowNotifications, notificationPermission } from '../components/allow-notifications.js';
import { avatar } from '../components/avatar.js';
import { ownAddress } from '../components/own-address.js';
import { conversationList, friendList } from '../store/selectors.js';
import { addFriendForm } from './friends-add.js';
import { fragmentOf } from '../routes.js';
import { commandKey } from './shell-keys.js';

/** Friends that the first steps offer; all of them stand in the friends' view. */
const mostFriends = 6;

export class HomeStart extends View {
    connected() {
        this.watch((state) => conversationList(state).length === 0, (isNew) => this.replaceChildren(isNew ? this.#firstSteps() : this.#hint()));
        this.watch(friendList, (friends) => this.#showFriends(friends));
    }

    #firstSteps() {
        const { t, store, actions } = this.home;
        const { address, username, server } = /** @type {import('../store/types.js').Account} */ (store.state.account);
        return h(
            'div.first-steps',
            null,
            h('header', null, icon('mark'), h('h1', { tabindex: '-1' }, t('first.title', { name: username })), h('p', null, t('first.lead', { server }))),
            h(
                'ol',
                null,
                this.#writeStep(),
                step('user-plus', t('first.find'), t('first.find-text'), addFriendForm(this.home)),
                step('copy', t('first.share'), t('first.share-text'), ownAddress(address, actions.copy)),
                this.#notificationStep(),
            ),
        );
    }

    /** Who has friends already only has to write. */
    #writeStep() {
        const { t } = this.home;
        this.friends = h('div.first-friends');
        const item = step('chat', t('first.write'), t('first.write-text'), this.friends);
        this.#showFriends(friendList(this.home.store.state));
        return item;
    }

    /** @param {import('../store/types.js').Friend[]} friends */
    #showFriends(friends) {
        if (!this.friends) return;
        const shown = friends.slice(0, mostFriends).map(({ address, username }) =>
            h('a.button.plain', { href: fragmentOf({ view: 'conversation', address }), title: address }, avatar({ address, username, size: 'small', presence: 'spoken' }), h('bdi.truncate', null, username)));
        this.friends.replaceChildren(...shown);
        const item = this.friends.closest('li');
        if (item) item.hidden = friends.length === 0;
    }

    #notificationStep() {
        const { t } = this.home;
        if (notificationPermission() !== 'default') return null;
        const answer = h('p', { role: 'status' });
        const allow = allowNotifications(this.home, () => {
            const permission = notificationPermission();
            allow.hidden = permission !== 'default';
            answer.textContent = t(`settings.notify-${permission}`);
        });
        return step('bell', t('first.notify'), t('first.notify-text'), h('div.first-notify', null, allow, answer));
    }

    #hint() {
        const { t } = this.home;
        return h(
            'div.empty',
            null,
            icon('chat'),
            h('h1', { tabindex: '-1' }, t('start.title')),
            h('p', null, t('start.text')),
            h('p.keys', null, h('kbd', null, commandKey()), ' ', h('kbd', null, 'K'), ' ', t('start.keys')),
        );
    }
}

/** @param {string} name @param {string} title @param {string} text @param {HTMLElement} content */
function step(name, title, text, content) {
    return h('li', null, icon(name), h('div', null, h('h2', null, title), h('p', null, text), content));
}
