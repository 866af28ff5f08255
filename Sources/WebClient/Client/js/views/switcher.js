/** @file `<home-switcher>`: a few letters and Enter, and one is with somebody else. `show()` opens it. */

import { avatar } from '../components/avatar.js';
import { badge } from '../components/badge.js';
import { isChannel } from '../store/conversations.js';
import { lastActivity } from '../store/selectors.js';
import { readAddress, serverOf } from '../text/address.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { View } from '../ui/view.js';
import { matches } from './switcher-match.js';

/** @typedef {{id: string, address: string, element: HTMLElement, choose: () => void}} Option */

export class HomeSwitcher extends View {
    /** @type {Option[]} */
    #options = [];
    #at = 0;

    build() {
        const listId = uniqueId('switcher-list');
        this.input = /** @type {HTMLInputElement} */ (h('input', {
            type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-autocomplete': 'list', 'aria-controls': listId, 'aria-label': t('switcher.label'),
            placeholder: t('switcher.label'), autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: 290,
        }));
        this.list = h('div.switcher-list', { id: listId, role: 'listbox', 'aria-label': t('switcher.results') });
        this.nobody = h('p.switcher-nobody', { role: 'status' });
        this.dialog = /** @type {HTMLDialogElement} */ (h('dialog.switcher', { 'aria-label': t('switcher.title') }, h('div.switcher-search', null, icon('search'), this.input), this.list, this.nobody));
        this.append(this.dialog);
    }

    connected() {
        this.listen(this.input, 'input', () => this.#search());
        this.listen(this.dialog, 'keydown', (event) => this.#pressed(event));
        this.listen(this.dialog, 'click', (event) => event.target === this.dialog && this.dialog.close());
        // Who opens it before everybody is known sees them come; what is chosen stays chosen.
        this.watch((state) => state.friends, () => this.#peopleChanged());
        this.watch((state) => state.conversations, () => this.#peopleChanged());
    }

    /** Opens it, empty: whom one spoke with last is first. */
    show() {
        if (this.dialog.open) return;
        this.input.value = '';
        this.dialog.showModal();
        this.#search();
        this.input.focus();
    }

    #peopleChanged() {
        if (!this.dialog.open) return;
        const chosen = this.#options[this.#at]?.address;
        this.#search();
        const at = this.#options.findIndex(({ address }) => address === chosen);
        if (at > 0) this.#select(at);
    }

    #people() {
        const { conversations, friends } = this.home.store.state;
        const people = new Map();
        for (const { address, username } of friends.values()) people.set(address, { address, username, unread: 0, at: 0 });
        for (const one of conversations.values()) {
            if (!isChannel(one.address)) people.set(one.address, { address: one.address, username: one.username, unread: one.unread, at: lastActivity(one) });
        }
        return [...people.values(), ...this.#channels()];
    }

    /** @returns {import('./switcher-match.js').Person[]} */
    #channels() {
        const { conversations, communities } = this.home.store.state;
        return [...conversations.values()].filter(({ communityId, username }) => communityId !== null && username !== '').map((one) => {
            const community = one.communityId ?? '';
            const communityName = communities.get(community)?.name ?? '';
            return { address: `#${one.username} ${communityName}`.toLowerCase(), username: one.username, unread: one.mentions, at: lastActivity(one), channel: { id: one.address, community, communityName } };
        });
    }

    #search() {
        const query = this.input.value;
        const people = this.#people();
        const shown = this.home.store.state.route.address;
        // Without letters one wants somebody else than the one who is in front.
        const found = matches(query, people).filter(({ address, channel }) => query.trim() !== '' || (channel?.id ?? address) !== shown);
        this.#options = found.map((person) => (person.channel ? this.#channelOption(person) : this.#personOption(person)));
        const stranger = this.#stranger(query, people);
        if (stranger) this.#options.push(stranger);
        this.list.replaceChildren(...this.#options.map(({ element }) => element));
        this.list.hidden = this.#options.length === 0;
        this.nobody.textContent = this.#options.length > 0 ? '' : t(query.trim() === '' ? 'switcher.empty' : 'switcher.nobody');
        this.#select(0);
    }

    /** @param {import('./switcher-match.js').Person} person @returns {Option} */
    #personOption({ address, username, unread }) {
        return this.#option(
            address,
            () => this.home.actions.navigate({ view: 'conversation', address }),
            avatar({ address, username, size: 'small', presence: 'spoken' }),
            h('span.switcher-name.truncate', { title: address }, h('bdi', null, username), h('bdi.muted', null, `@${serverOf(address)}`)),
            badge({ count: unread, label: t('conversations.unread', { count: unread }) }),
        );
    }

    /** @param {import('./switcher-match.js').Person} person @returns {Option} */
    #channelOption({ address, username, unread, channel }) {
        const { id = '', community = '', communityName = '' } = channel ?? {};
        return this.#option(
            `${address} ${id}`,
            () => this.home.actions.navigate({ view: 'channel', address: id, community }),
            icon('hash'),
            h('span.switcher-name.truncate', { title: `${username}, ${communityName}` }, h('bdi', null, username), ' ', h('bdi.muted', null, communityName)),
            badge({ count: unread, label: t('rail.mentions', { name: username, count: unread }) }),
        );
    }

    /** An address of somebody unknown: one may ask for the friendship at once. @param {string} query @param {Array<{address: string}>} people @returns {Option|null} */
    #stranger(query, people) {
        const { account } = this.home.store.state;
        if (!account || !query.trim().slice(1).includes('@')) return null;
        const { address } = readAddress(query, account.server);
        if (!address || address === account.address || people.some((person) => person.address === address)) return null;
        return this.#option(address, () => void this.#ask(address), icon('user-plus'), h('span.truncate', null, t('switcher.add', { address })));
    }

    /** @param {string} address */
    async #ask(address) {
        const { requestFriend, toast } = this.home.actions;
        try {
            const { state } = await requestFriend(address);
            toast({ kind: 'success', text: t(`friends.asked-${state}`, { address, server: serverOf(address) }) });
        } catch (failure) {
            toast({ kind: 'error', text: failureText(t, /** @type {any} */ (failure)) });
        }
    }

    /** @param {string} address @param {() => void} run @param {...Node} children @returns {Option} */
    #option(address, run, ...children) {
        const choose = () => {
            this.dialog.close();
            run();
        };
        const element = h('div.switcher-option', { id: uniqueId('switcher-option'), role: 'option', 'aria-selected': 'false', onclick: choose }, ...children);
        return { id: element.id, address, element, choose };
    }

    /** @param {number} index */
    #select(index) {
        this.#at = index;
        this.#options.forEach(({ element }, at) => element.setAttribute('aria-selected', String(at === index)));
        const option = this.#options[index];
        if (option) this.input.setAttribute('aria-activedescendant', option.id);
        else this.input.removeAttribute('aria-activedescendant');
        option?.element.scrollIntoView({ block: 'nearest' });
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        if (event.isComposing) return;
        const { length } = this.#options;
        const isToggle = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
        if (isToggle) this.dialog.close();
        else if (event.key === 'Enter') this.#options[this.#at]?.choose();
        else if (event.key === 'ArrowDown' && length > 0) this.#select((this.#at + 1) % length);
        else if (event.key === 'ArrowUp' && length > 0) this.#select((this.#at + length - 1) % length);
        else return;
        event.preventDefault();
    }
}
