/** @file `<home-privacy>`: what others see of one, and whom one has blocked. A homeserver that has neither leaves it empty. */

import { button } from '../components/button.js';
import { person } from '../components/person.js';
import { toggle } from '../components/toggle.js';
import { blockList } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { h } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { attempt } from './attempt.js';
import { unblock } from './blocking.js';

/** @typedef {import('../store/types.js').Person} Person */

export class HomePrivacy extends View {
    build() {
        this.lastSeen = toggle({
            label: t('privacy.last-seen'),
            hint: t('privacy.last-seen-hint'),
            checked: false,
            onchange: (isShown) => void this.#change(isShown),
        });
        const list = h('ul.rows');
        this.showBlocked = keyed(list, (/** @type {Person} */ { address }) => address, (blocked) => this.#row(blocked));
        this.nobody = h('p.hint', null, t('privacy.nobody-blocked'));
        this.blocked = h('div.blocked', null, h('h3', null, t('privacy.blocked')), this.nobody, list);
        this.append(this.lastSeen.element, this.blocked);
    }

    connected() {
        this.watch((state) => state.own?.showLastSeen ?? null, () => this.#showLastSeen());
        this.watch(blockList, (people) => {
            this.showBlocked?.(people);
            if (this.nobody) this.nobody.hidden = people.length > 0;
        });
        this.watch((state) => state.blocks === null, (isMissing) => {
            if (this.blocked) this.blocked.hidden = isMissing;
        });
    }

    #showLastSeen() {
        const isShown = this.home.store.state.own?.showLastSeen ?? null;
        if (!this.lastSeen) return;
        this.lastSeen.element.hidden = isShown === null;
        this.lastSeen.input.checked = isShown === true;
    }

    /** What was refused stands as it was. @param {boolean} isShown */
    async #change(isShown) {
        await attempt(this.home, () => this.home.actions.setShowLastSeen(isShown));
        this.#showLastSeen();
    }

    /** @param {Person} blocked */
    #row(blocked) {
        const end = button({ label: t('blocks.unblock'), kind: 'plain' });
        end.setAttribute('aria-label', t('blocks.unblock-one', { name: blocked.username }));
        end.addEventListener('click', () => void unblock(this.home, blocked, end));
        return h('li', null, h('div.who', null, person(blocked)), h('div.actions', null, end));
    }
}
