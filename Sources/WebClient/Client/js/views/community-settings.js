/** @file `<home-community-settings>`: the part of a community's settings that the route names, and the way to the others that one may see. */

import { backLink } from '../components/back-link.js';
import { fragmentOf } from '../routes.js';
import { shownCommunity } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { may } from './community-may.js';
import { communityPlace, staleText, standingOfCommunity } from './community-state.js';

/** @typedef {import('../store/types.js').State} State @typedef {import('../store/types.js').Community} Community */

/** Each part, and who sees it: whoever has one of these permissions; everybody where there are none. */
const parts = {
    general: [],
    channels: ['manage_channels'],
    roles: ['manage_roles'],
    members: [],
    invites: ['create_invites', 'manage_invites'],
    reports: ['handle_reports'],
    audit: ['view_audit_log'],
};

/** @param {Community|null} community @param {string} part */
function maySee(community, part) {
    const needed = parts[/** @type {keyof typeof parts} */ (part)] ?? [];
    // Whoever manages a single channel has that one there.
    const hasChannel = part === 'channels' && (community?.details?.channels.some(({ permissions }) => permissions.includes('manage_channels')) ?? false);
    return needed.length === 0 || may(community, ...needed) || hasChannel;
}

/** @param {State} state */
function seen(state) {
    const community = shownCommunity(state);
    return Object.keys(parts).filter((part) => maySee(community, part)).join(' ');
}

export class HomeCommunitySettings extends View {
    build() {
        this.heading = h('h1.truncate', { tabindex: '-1' });
        this.back = h('span.settings-back');
        this.nav = h('nav.settings-parts', { 'aria-label': t('community-settings.title') });
        this.body = h('div.view-body', null);
        this.stale = h('p.community-stale', { role: 'status' });
        this.append(h('header.view-header', null, this.back, this.heading), this.stale, this.nav, this.body);
    }

    connected() {
        this.watch((state) => shownCommunity(state)?.name ?? '', (name) => {
            this.heading.replaceChildren(...(name ? [t('community.settings-of'), ' ', h('bdi', null, name)] : [t('community-settings.title')]));
            this.heading.title = name;
        });
        this.watch((state) => staleText(shownCommunity(state)), (text) => this.stale?.replaceChildren(text));
        this.watch((state) => `${standingOfCommunity(state)} ${state.route.community} ${state.route.part} ${seen(state)}`, () => this.#show());
    }

    #show() {
        const { state } = this.home.store;
        const { community = '', part = 'general' } = state.route;
        const standing = standingOfCommunity(state);
        this.back.replaceChildren(backLink(fragmentOf({ view: 'community', address: null, community })));
        const shown = standing === 'here' ? seen(state).split(' ') : [];
        this.nav.replaceChildren(...shown.map((one) =>
            h('a', { href: fragmentOf({ view: 'community-settings', address: null, community, part: one }), 'aria-current': one === part && 'page' }, t(`community.part-${one}`))));
        if (standing !== 'here') this.body.replaceChildren(communityPlace(this.home, standing));
        else if (!shown.includes(part)) this.body.replaceChildren(h('div.empty', null, icon('lock'), h('h2', null, t('community.hidden')), h('p', null, t('community.hidden-text'))));
        else if (this.body.firstElementChild?.localName !== `home-community-${part}` || this.shownId !== community) this.body.replaceChildren(h(`home-community-${part}`));
        this.shownId = community;
    }
}
