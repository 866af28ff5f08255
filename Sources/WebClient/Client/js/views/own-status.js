/** @file One's own name at the foot of the column, with the menu that says as what one is seen. */

import { menu } from '../components/menu.js';
import { person } from '../components/person.js';
import { statusOf } from '../store/selectors.js';
import { serverOf } from '../text/address.js';
import { h } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { attempt } from './attempt.js';

/** @typedef {'online'|'invisible'} Choice */

/** What one may choose; `offline` is what one is by leaving. @type {Choice[]} */
const choices = ['online', 'invisible'];

/** `<home-own-status>` */
export class HomeOwnStatus extends View {
    build() {
        const { t, store } = this.home;
        const account = /** @type {import('../store/types.js').Account} */ (store.state.account);
        this.address = account.address;
        this.detail = h('span', null, serverOf(account.address));
        const who = () => person({ ...account, detail: this.detail, presence: 'spoken' });
        this.plain = who;
        this.menu = () => menu({ label: t('status.menu'), content: [who(), h('span.visually-hidden', null, t('status.change'))], items: () => this.#items() });
    }

    connected() {
        // A homeserver that has no statuses has no menu for them.
        this.watch((state) => state.own !== null, (hasStatus) => this.replaceChildren(hasStatus ? this.menu?.() ?? '' : this.plain?.() ?? ''));
        this.watch((state) => statusOf(state, this.address ?? ''), (status) => {
            const { t } = this.home;
            const isPlain = status === null || status === 'online';
            if (this.detail) this.detail.textContent = isPlain ? serverOf(this.address ?? '') : t(`presence.${status}`);
        });
    }

    /** @returns {import('../components/menu.js').MenuItem[]} */
    #items() {
        const { t, store } = this.home;
        const now = store.state.own?.status;
        return choices.map((status) => ({
            label: t(`presence.${status}`),
            hint: t(`status.${status}-hint`),
            icon: h('span.presence-dot', { 'data-status': status }),
            checked: status === now,
            onselect: () => void this.#choose(status),
        }));
    }

    /** @param {Choice} status */
    async #choose(status) {
        const { store, actions } = this.home;
        if (status === store.state.own?.status) return;
        await attempt(this.home, () => actions.setStatus(status));
    }
}
