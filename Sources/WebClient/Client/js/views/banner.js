/** @file `<home-banner>`: what is wrong with the connection or the page itself, for as long as it is. */

import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { button } from '../components/button.js';

/** @typedef {import('../store/types.js').Link} Link */
/** @typedef {import('../store/types.js').Condition} Condition */

/** A connection that comes back within this time was never missed. */
const patienceMs = 2000;

/** What the page itself says of (`conditions`): the link has nothing to add. */
const toldByPage = ['outdated', 'other_account'];

/** What an ended connection offers. */
const wayOn = { too_many: 'reconnect', revoked: 'reload', refused: 'reload', protocol: 'reload' };

export class HomeBanner extends View {
    #timer = 0;

    build() {
        // The text is in a live region that is always there; the seconds are beside it and are not read aloud.
        this.text = h('p', { role: 'status' });
        this.seconds = h('span.seconds', { 'aria-hidden': 'true' });
        this.link = h('div.notice.warning', null, icon('wifi-off'), this.text, this.seconds, h('span.action'));
        this.link.hidden = true;
        this.conditions = h('div', { role: 'status' });
        this.append(this.link, this.conditions);
    }

    connected() {
        this.watch((state) => state.link, () => this.#showLink());
        this.watch((state) => state.conditions, (conditions) => this.#showConditions(conditions));
        this.signal.addEventListener('abort', () => clearTimeout(this.#timer));
    }

    #showLink() {
        clearTimeout(this.#timer);
        const { link } = this.home.store.state;
        const patience = link.lostAt === null ? 0 : link.lostAt + patienceMs - Date.now();
        const isEnded = link.status === 'ended' && !toldByPage.includes(link.reason ?? '');
        const isMissed = isEnded || (link.status !== 'ended' && link.lostAt !== null && link.status !== 'live' && patience <= 0);
        const box = /** @type {HTMLElement} */ (this.link);
        if (isMissed) this.#tell(link);
        box.hidden = !isMissed;
        if (!isMissed) this.text?.replaceChildren();
        if (link.status === 'live' || link.status === 'ended' || link.lostAt === null) return;
        this.#timer = setTimeout(() => this.#showLink(), isMissed ? untilNextSecond(link) : patience);
    }

    /** @param {Link} link */
    #tell(link) {
        const { t, actions } = this.home;
        const reason = link.reason && link.reason in wayOn ? link.reason : 'refused';
        setText(this.text, link.status === 'ended' ? t(`link.ended-${reason}`) : t('link.lost'));
        const left = link.retryAt === null ? null : Math.max(0, Math.ceil((link.retryAt - Date.now()) / 1000));
        const waits = link.status === 'waiting' && left !== null && left > 0;
        setText(this.seconds, link.status === 'ended' ? '' : waits ? t('link.retry', { count: left }) : t('link.trying'));
        const way = link.status === 'ended' ? /** @type {Record<string, string>} */ (wayOn)[reason] : waits ? 'now' : null;
        const place = /** @type {HTMLElement} */ (this.link?.querySelector('.action'));
        if ((place.dataset.way ?? '') === (way ?? '')) return;
        place.dataset.way = way ?? '';
        const run = way === 'reload' ? actions.reload : actions.reconnect;
        place.replaceChildren(...(way ? [button({ label: way === 'reload' && reason !== 'protocol' ? t('link.sign-in') : t(`link.${way}`), onclick: () => run() })] : []));
    }

    /** @param {ReadonlyArray<Condition>} conditions */
    #showConditions(conditions) {
        const { t, actions } = this.home;
        this.conditions?.replaceChildren(
            ...conditions.map(({ id, detail }) =>
                h(
                    `div.notice.${id === 'storage' || id === 'too-many-tabs' ? 'warning' : 'info'}`,
                    null,
                    icon(id === 'outdated' ? 'retry' : 'alert'),
                    h('p', null, conditionText(t, id, detail)),
                    id === 'outdated' || id === 'other-account' ? button({ label: t('link.reload'), onclick: () => actions.reload() }) : null,
                ),
            ),
        );
    }
}

/** @param {import('../home.js').Home['t']} t @param {Condition['id']} id @param {string|null} detail */
function conditionText(t, id, detail) {
    if (id === 'storage') return t(detail === 'full' ? 'condition.storage-full' : 'condition.storage-refused');
    if (id === 'other-account' && !detail) return t('condition.other-account-unknown');
    return t(`condition.${id}`, { detail: detail ?? '' });
}

/** @param {Element|undefined} element @param {string} text  set only when it is another one, so that it is not read aloud again */
function setText(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
}

/** @param {Link} link */
function untilNextSecond(link) {
    const left = (link.retryAt ?? 0) - Date.now();
    return left > 0 ? left % 1000 || 1000 : 1000;
}
