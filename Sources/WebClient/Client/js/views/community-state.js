/** @file What stands where a community should be while it is not here: it is being asked for, it could not be had, or one is not in it. */

import { button } from '../components/button.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';

/** @typedef {import('../store/types.js').State} State */

/** @param {State} state @returns {'here'|'waiting'|'failed'|'gone'} */
export function standingOfCommunity({ route, communities, link, account }) {
    const community = communities.get(route.community ?? '');
    if (community?.details) return 'here';
    if (community?.failure) return 'failed';
    // Before the first `ready` nobody can say.
    return community || link.status !== 'live' || !account ? 'waiting' : 'gone';
}

/** That its home is away; empty while it is not. @param {import('../store/types.js').Community|null} community */
export function staleText(community) {
    if (!community?.isStale) return '';
    return community.details ? t('community.stale', { server: community.details.host }) : t('problem.host_unreachable');
}

/** @param {import('../home.js').Home} home @param {'waiting'|'failed'|'gone'} standing */
export function communityPlace({ store, actions }, standing) {
    if (standing === 'waiting') {
        return h('div.empty', { 'aria-busy': 'true' }, h('span.spinner', { 'aria-hidden': 'true' }), h('h1.visually-hidden', { tabindex: '-1' }, t('community.title')), h('p', { role: 'status' }, t('conversation.waiting')));
    }
    if (standing === 'failed') {
        const failure = store.state.communities.get(store.state.route.community ?? '')?.failure;
        return h('div.empty', null, icon('wifi-off'), h('h1', { tabindex: '-1' }, t('community.failed')), h('p', { role: 'alert' }, failure ? failureText(t, failure) : ''));
    }
    return h(
        'div.empty',
        null,
        icon('lock'),
        h('h1', { tabindex: '-1' }, t('community.gone')),
        h('p', null, t('community.gone-text')),
        button({ label: t('join.title'), kind: 'primary', onclick: () => actions.navigate({ view: 'join', address: null, part: '' }) }),
    );
}
