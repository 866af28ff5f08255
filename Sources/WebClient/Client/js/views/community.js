/** @file `<home-community>`: what stands in the middle while no channel is chosen: what the community is, and where to begin. */

import { avatar } from '../components/avatar.js';
import { fragmentOf } from '../routes.js';
import { shownCommunity } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { may } from './community-may.js';
import { communityPlace, standingOfCommunity } from './community-state.js';

/** Channels that are offered; all of them stand in the column. */
const mostChannels = 6;

export class HomeCommunity extends View {
    connected() {
        this.watch((state) => `${standingOfCommunity(state)} ${state.route.community}`, () => this.#show());
        this.watch(shownCommunity, () => this.#show());
    }

    #show() {
        const { state } = this.home.store;
        const standing = standingOfCommunity(state);
        const community = shownCommunity(state);
        if (standing !== 'here' || !community?.details) return this.replaceChildren(communityPlace(this.home, standing === 'here' ? 'waiting' : standing));
        const { communityId: id, name, details } = community;
        const channels = details.channels.filter(({ kind }) => kind === 'text').slice(0, mostChannels);
        const hadFocus = this.contains(document.activeElement);
        this.replaceChildren(h(
            'div.community-start',
            null,
            avatar({ address: id, username: name, size: 'large' }),
            h('h1', { tabindex: '-1' }, h('bdi', null, name)),
            details.description && h('p.community-description', { dir: 'auto' }, details.description),
            h('p.muted', null, t('community.members', { count: details.memberCount }), ' · ', h('bdi', null, details.host)),
            h('div.community-channels', null, channels.map(({ channelId, name: channel }) =>
                h('a.button.plain', { href: fragmentOf({ view: 'channel', address: channelId, community: id }) }, icon('hash'), h('bdi.truncate', null, channel)))),
            may(community, 'create_invites') && h('a.button.quiet', { href: fragmentOf({ view: 'community-settings', address: null, community: id, part: 'invites' }) }, icon('user-plus'), h('span', null, t('community.invite'))),
        ));
        if (hadFocus) this.querySelector('h1')?.focus();
    }
}
