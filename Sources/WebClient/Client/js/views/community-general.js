/** @file `<home-community-general>`: what a community is called and what it is about; handing it on, deleting or leaving it. */

import { button } from '../components/button.js';
import { confirmDialog } from '../components/dialog.js';
import { field } from '../components/field.js';
import { shownCommunity } from '../store/selectors.js';
import { readAddress } from '../text/address.js';
import { currentLocale, t } from '../text/catalogue.js';
import { dateText } from '../text/dates.js';
import { h } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { isFilled } from './ask-dialog.js';
import { attempt } from './attempt.js';
import { leave } from './community-column.js';
import { isOwner, may } from './community-may.js';
import { section, settingsForm } from './settings-parts.js';

/** @typedef {import('../store/types.js').Community} Community */

export class HomeCommunityGeneral extends View {
    connected() {
        // What is being written is not taken away by what changes meanwhile: only by other rights.
        this.watch((state) => `${state.route.community} ${isOwner(state, shownCommunity(state))} ${may(shownCommunity(state), 'manage_community')}`, () => this.#show());
    }

    #show() {
        const { state } = this.home.store;
        const community = shownCommunity(state);
        if (!community?.details) return;
        const { details, owner } = community;
        const facts = h('p.muted', null, t('community.members', { count: details.memberCount }), ' · ', h('bdi', null, details.host), ' · ', t('community.since', { date: dateText(Date.parse(details.createdAt), currentLocale()) }), ' · ', t('community.owned-by'), ' ', h('bdi', null, owner));
        this.replaceChildren(
            section(t('community.part-general'), may(community, 'manage_community') ? this.#form(community) : this.#told(community), facts),
            ...(isOwner(state, community) ? [section(t('community.transfer'), this.#transfer(community)), section(t('community.delete'), ...this.#delete(community))] : [section(t('community.leave'), ...this.#leave(community))]),
        );
    }

    /** @param {Community} community */
    #told({ name, details }) {
        return h('div', null, h('p', null, h('bdi', null, name)), h('p.community-description', { dir: 'auto' }, details?.description ?? ''));
    }

    /** @param {Community} community */
    #form({ communityId, name: current, details }) {
        const name = field({ label: t('community.name'), name: 'name', value: current, maxlength: 64, required: true });
        const description = field({ label: t('community.description'), name: 'description', value: details?.description ?? '', maxlength: 1024, hint: t('community.description-hint') });
        return settingsForm({
            fields: [name, description],
            label: t('community.save'),
            check: () => isFilled(name, 'community.name-missing'),
            act: async () => {
                await this.home.actions.changeCommunity(communityId, { name: name.value.trim(), description: description.value.trim() });
                return t('community.saved');
            },
        });
    }

    /** @param {Community} community */
    #transfer({ communityId, name }) {
        const address = field({ label: t('friends.address'), name: 'user_id', autocomplete: 'off', hint: t('community.transfer-hint'), maxlength: 290 });
        const read = () => readAddress(address.value, this.home.store.state.account?.server ?? '');
        return settingsForm({
            fields: [address],
            label: t('community.transfer-action'),
            check: () => {
                const { problem } = read();
                if (problem) address.showProblem(t(problem));
                return !problem;
            },
            act: async () => {
                const to = read().address ?? '';
                const isSure = await confirmDialog({ title: t('community.transfer'), text: t('community.transfer-text', { name, address: to }), confirm: t('community.transfer-action'), danger: true });
                if (isSure) await this.home.actions.transferCommunity(communityId, to);
            },
        });
    }

    /** @param {Community} community */
    #delete({ communityId, name }) {
        const remove = button({ label: t('community.delete-action'), icon: 'trash', kind: 'danger' });
        remove.addEventListener('click', async () => {
            const isSure = await confirmDialog({ title: t('community.delete-title', { name }), text: t('community.delete-text'), confirm: t('community.delete-action'), danger: true });
            if (isSure && (await attempt(this.home, () => this.home.actions.deleteCommunity(communityId), remove))) this.home.actions.navigate({ view: 'home', address: null });
        });
        return [h('p.hint', null, t('community.delete-text')), h('p', null, remove)];
    }

    /** @param {Community} community */
    #leave(community) {
        return [h('p.hint', null, t('community.leave-text')), h('p', null, button({ label: t('community.leave'), icon: 'sign-out', kind: 'danger', onclick: () => void leave(this.home, community) }))];
    }
}
