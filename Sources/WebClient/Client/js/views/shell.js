/** @file `<home-shell>`: the frame for somebody who is signed in: the column beside, the view in the middle, the keys that work everywhere. */

import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { badge } from '../components/badge.js';
import { button } from '../components/button.js';
import { onDemand, onDemandIn } from '../components/on-demand.js';
import { conversationList, incomingRequests } from '../store/selectors.js';
import { isMissing, loadPart } from './parts.js';
import { commandKey, ShellKeys } from './shell-keys.js';

/** @typedef {import('../store/types.js').Route} Route */

/** The element that shows a view. Each watches the route for what else it needs. @type {Record<Route['view'], string>} */
const elements = {
    home: 'home-start',
    conversation: 'home-conversation',
    friends: 'home-friends',
    settings: 'home-settings',
    community: 'home-community',
    channel: 'home-channel',
    'community-settings': 'home-community-settings',
    join: 'home-join',
};

/** Views that put the focus into their composer. */
const writing = ['conversation', 'channel'];

/** As in shell.css: one thing at a time. */
const narrow = matchMedia('(max-width: 43.75em)');

export class HomeShell extends View {
    build() {
        this.main = h('main', { id: 'main', tabindex: '-1' });
        this.switcher = h('home-switcher');
        this.column = this.#column();
        this.append(this.#skipLink(), h('home-banner'), h('home-rail'), this.column, this.main, this.switcher);
    }

    connected() {
        const keys = new ShellKeys(this.home, { column: this.column, find: () => this.#find() });
        this.listen(document, 'keydown', (event) => keys.pressed(event));
        this.watch((state) => state.route, (route, before) => this.#show(route, before));
        this.watch((state) => conversationList(state).length === 0, (isNew) => {
            this.toggleAttribute('data-new', isNew);
            this.#arrange();
        });
        this.listen(narrow, 'change', () => this.#arrange());
        this.watch((state) => incomingRequests(state).length, (count) => this.requests?.show(count, this.home.t('shell.requests', { count })));
    }

    #skipLink() {
        const focusMain = (/** @type {Event} */ event) => {
            event.preventDefault();
            this.main?.focus();
        };
        return h('a.skip-link', { href: '#main', onclick: focusMain }, this.home.t('shell.skip'));
    }

    #column() {
        const { t, store, actions } = this.home;
        const { address } = /** @type {import('../store/types.js').Account} */ (store.state.account);
        this.requests = badge({ count: 0, label: '' });
        this.links = [
            h('a.place', { href: '#/friends', 'data-view': 'friends' }, icon('friends'), h('span', null, t('friends.title')), this.requests),
            h('a.button.quiet.icon-only', { href: '#/settings', 'data-view': 'settings', 'aria-label': t('settings.title'), title: t('settings.title') }, icon('settings')),
        ];
        const [friends, settings] = this.links;
        return h(
            'div.column',
            null,
            h(
                'header',
                null,
                h('a.brand', { href: '#/', title: t('shell.home') }, icon('mark'), h('span', null, t('app.name'))),
                button({ label: t('keys.title'), icon: 'keyboard', kind: 'quiet', iconOnly: true, onclick: () => ShellKeys.help(this.home) }),
            ),
            h(
                'button.search',
                { type: 'button', 'aria-keyshortcuts': 'Control+K', onclick: () => this.#find() },
                icon('search'),
                h('span.truncate', null, t('shell.search')),
                h('kbd', { 'aria-hidden': 'true' }, `${commandKey()} K`),
            ),
            h('nav', { 'aria-label': t('shell.places') }, friends),
            h('section.conversations', { 'aria-labelledby': 'conversations-heading' }, h('h2', { id: 'conversations-heading' }, t('shell.conversations')), h('home-conversation-list')),
            h('home-community-column'),
            h(
                'footer',
                null,
                h('home-own-status'),
                button({ label: t('address.copy'), icon: 'copy', kind: 'quiet', iconOnly: true, onclick: () => actions.copy(address) }),
                settings,
            ),
        );
    }

    /** Where the column is all that there is to see, it is the page's main part and its heading the page's. */
    #arrange() {
        const isHome = this.dataset.view === 'home' && !this.hasAttribute('data-new');
        const isAlone = narrow.matches && (isHome || this.dataset.view === 'community');
        const heading = this.column?.querySelector(isHome ? '.conversations > h2' : 'home-community-column h2');
        for (const other of this.column?.querySelectorAll('h2') ?? []) if (other !== heading || !isAlone) other.removeAttribute('aria-level');
        if (isAlone) {
            this.column?.setAttribute('role', 'main');
            heading?.setAttribute('aria-level', '1');
        } else {
            this.column?.removeAttribute('role');
        }
    }

    /** The column shows the channels of a community while one is in it. @param {Route} route */
    async #showColumn({ community }) {
        this.column?.toggleAttribute('data-community', community !== undefined);
        const place = this.column?.querySelector('home-community-column');
        if (community === undefined || !(place instanceof HTMLElement)) return;
        if (isMissing('community')) await onDemandIn(this.home, place, () => loadPart('community'));
        this.#arrange();
    }

    /** @param {Route} route @param {Route|undefined} before */
    #show(route, before) {
        this.dataset.view = route.view;
        this.#showColumn(route);
        this.#arrange();
        for (const link of this.links ?? []) {
            if (link.dataset.view === route.view) link.setAttribute('aria-current', 'page');
            else link.removeAttribute('aria-current');
        }
        if (route.view === before?.view) return;
        const place = h(elements[route.view]);
        this.main?.replaceChildren(place);
        if (isMissing(route.view)) this.#bring(route.view, place, before !== undefined);
        // Who works without eyes or mouse goes on reading where the new view begins; a conversation puts the focus into its composer.
        else if (before && !writing.includes(route.view)) this.main?.querySelector('h1')?.focus();
    }

    /** A view that was not shown before. @param {Route['view']} view @param {HTMLElement} place @param {boolean} takesFocus */
    async #bring(view, place, takesFocus) {
        const isThere = await onDemandIn(this.home, place, () => loadPart(view));
        if (takesFocus && place.isConnected && !(isThere && writing.includes(view))) place.querySelector('h1')?.focus();
    }

    /** Ctrl+K. */
    async #find() {
        const isThere = !isMissing('switcher') || (await onDemand(this.home, () => loadPart('switcher')));
        if (isThere) /** @type {any} */ (this.switcher).show();
    }
}
