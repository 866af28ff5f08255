/** @file `<home-community-audit>`: who has changed what in a community, the latest first. */

import { button } from '../components/button.js';
import { shownCommunity } from '../store/selectors.js';
import { currentLocale, t } from '../text/catalogue.js';
import { momentText } from '../text/dates.js';
import { failureText } from '../text/problems.js';
import { h } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { section } from './settings-parts.js';

export class HomeCommunityAudit extends View {
    /** @type {any[]} */
    #entries = [];
    /** @type {number|null} */
    #next = null;

    build() {
        const list = h('ol.rows');
        this.show = keyed(list, (/** @type {any} */ { version, at, action, target }) => `${version} ${at} ${action} ${target}`, (entry) => this.#row(entry));
        this.status = h('p.hint', { role: 'status' }, t('sessions.loading'));
        this.more = button({ label: t('audit.older'), kind: 'quiet', onclick: () => void this.#load(this.#next ?? undefined) });
        this.more.hidden = true;
        this.append(section(t('community.part-audit'), this.status, list, this.more));
    }

    connected() {
        void this.#load();
    }

    /** @param {number} [before] */
    async #load(before) {
        const { store, actions } = this.home;
        if (!this.more || !this.status) return;
        this.more.busy = true;
        try {
            const { entries, next } = await actions.auditLog(store.state.route.community ?? '', before);
            this.#entries = before === undefined ? entries : [...this.#entries, ...entries];
            this.#next = next;
            this.show?.(this.#entries);
            this.more.hidden = next === null;
            this.status.replaceChildren(this.#entries.length > 0 ? '' : t('audit.none'));
        } catch (failure) {
            this.status.replaceChildren(failureText(t, /** @type {any} */ (failure)), ' ', button({ label: t('sessions.again'), icon: 'retry', onclick: () => void this.#load(before) }));
        } finally {
            this.more.busy = false;
        }
    }

    /** @param {any} entry */
    #row({ at, actor_user_id: actor, action, target, target_name: name, reason }) {
        const key = `audit.${action.replaceAll('_', '-').replace('.', '-')}`;
        // One of a newer homeserver stands there by its name.
        const what = t(key) === key ? action : t(key);
        const whom = name ?? this.#nameOf(target);
        return h(
            'li',
            null,
            h('div.who', null,
                h('p.row-name', null, h('bdi', null, actor), ' · ', what, whom && ': ', whom && h('bdi', null, whom)),
                reason && h('p', { dir: 'auto' }, t('audit.reason', { reason })),
                h('p.detail', null, h('time', { datetime: at }, momentText(Date.parse(at), currentLocale())))),
        );
    }

    /** @param {string|undefined} target  an address, or the id of something that may still be there */
    #nameOf(target) {
        if (!target) return null;
        const { details } = shownCommunity(this.home.store.state) ?? {};
        if (target.includes('@')) return target;
        return details?.channels.find(({ channelId }) => channelId === target)?.name ?? details?.roles.find(({ roleId }) => roleId === target)?.name ?? null;
    }
}
