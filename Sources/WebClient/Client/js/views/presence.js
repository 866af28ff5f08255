/** @file `<home-presence data-address>`: the dot at a person's avatar; filled when he is online, a ring when he is not, nothing when nobody can say. */

import { statusOf } from '../store/selectors.js';
import { h } from '../ui/dom.js';
import { View } from '../ui/view.js';

export class HomePresence extends View {
    build() {
        this.word = h('span.visually-hidden');
        this.append(this.word);
    }

    connected() {
        const { address = '' } = this.dataset;
        this.watch((state) => statusOf(state, address), (status) => {
            this.hidden = status === null;
            this.dataset.status = status ?? '';
            if (this.word) this.word.textContent = status ? this.home.t(`presence.${status}`) : '';
        });
    }
}
