/** @file `<home-last-seen data-address>`: in words whether a friend is online, else when he was; empty when nobody can say. */

import { presenceOf } from '../store/selectors.js';
import { currentLocale } from '../text/catalogue.js';
import { fullText } from '../text/dates.js';
import { presenceText } from '../text/presence.js';
import { onNewMinute } from '../ui/clock.js';
import { h } from '../ui/dom.js';
import { View } from '../ui/view.js';

/** @typedef {import('../store/types.js').Presence} Presence */

export class HomeLastSeen extends View {
    connected() {
        const { address = '' } = this.dataset;
        this.watch((state) => presenceOf(state, address), (presence) => this.#show(presence));
        onNewMinute(() => this.#show(presenceOf(this.home.store.state, address)), this.signal);
    }

    /** @param {Presence|null} presence */
    #show(presence) {
        this.dataset.status = presence?.status ?? '';
        const text = presence ? presenceText(presence, Date.now(), currentLocale()) : '';
        if (this.textContent === text) return;
        const { lastSeen = null } = presence ?? {};
        this.replaceChildren(lastSeen ? h('time', { datetime: lastSeen, title: fullText(Date.parse(lastSeen), currentLocale()) }, text) : text);
    }
}
