/** @file `<home-sessions>`: where one is signed in, and ending it there. */

import { h, icon } from '../ui/dom.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { button } from '../components/button.js';
import { confirmDialog } from '../components/dialog.js';
import { currentLocale } from '../text/catalogue.js';
import { dateText, momentText } from '../text/dates.js';
import { failureText } from '../text/problems.js';
import { device } from '../text/user-agent.js';
import { attempt } from './attempt.js';

/** @typedef {{id: string, label: string|null, createdAt: string, lastUsedAt: string, expiresAt: string, current: boolean}} Session */

export class HomeSessions extends View {
    build() {
        const { t } = this.home;
        const list = h('ul.rows');
        this.show = keyed(list, (/** @type {Session} */ { id }) => id, (session) => this.#row(session));
        this.status = h('p.hint', { role: 'status' }, t('sessions.loading'));
        this.others = button({ label: t('sessions.end-others'), kind: 'danger', onclick: () => this.#endOthers() });
        this.others.hidden = true;
        this.append(this.status, list, this.others);
    }

    connected() {
        this.#load();
    }

    async #load() {
        const { t, actions } = this.home;
        const status = /** @type {HTMLElement} */ (this.status);
        try {
            const sessions = await actions.sessions();
            // The one that one looks from comes first, then those that were used last.
            sessions.sort((one, other) => Number(other.current) - Number(one.current) || other.lastUsedAt.localeCompare(one.lastUsedAt));
            this.show?.(sessions);
            status.replaceChildren();
            if (this.others) this.others.hidden = sessions.length < 2;
        } catch (error) {
            const again = button({ label: t('sessions.again'), icon: 'retry', onclick: () => this.#load() });
            status.replaceChildren(failureText(t, /** @type {any} */ (error)), ' ', again);
        }
    }

    /** @param {Session} session */
    #row(session) {
        const { t, actions } = this.home;
        const name = deviceText(t, session.label);
        const locale = currentLocale();
        const since = dateText(Date.parse(session.createdAt), locale);
        const used = momentText(Date.parse(session.lastUsedAt), locale);
        const end = button({ label: t('sessions.end'), kind: 'plain' });
        end.setAttribute('aria-label', t('sessions.end-one', { name }));
        end.addEventListener('click', () => this.#run(end, () => actions.revokeSession(session.id)));
        return h(
            'li',
            null,
            icon('device'),
            h(
                'div.who',
                { title: session.label ?? '' },
                h('p', null, h('bdi.name', null, name), ' ', session.current && h('span.chip', null, t('sessions.current'))),
                h('p.detail', null, t('sessions.since', { date: since }), ' · ', t('sessions.used', { date: used })),
            ),
            h('div.actions', null, !session.current && end),
        );
    }

    async #endOthers() {
        const { t, actions } = this.home;
        const isSure = await confirmDialog({ title: t('sessions.end-others'), text: t('sessions.end-others-text'), confirm: t('sessions.end-others'), danger: true });
        if (!isSure) return;
        await this.#run(/** @type {any} */ (this.others), async () => {
            const count = await actions.revokeOtherSessions();
            actions.toast({ kind: 'success', text: t('sessions.ended', { count }) });
        });
    }

    /** @param {HTMLButtonElement & {busy: boolean}} by @param {() => Promise<unknown>} act */
    #run(by, act) {
        return attempt(this.home, async () => {
            await act();
            await this.#load();
        }, by);
    }
}

/** @param {(key: string, values?: object) => string} t @param {string|null} label */
function deviceText(t, label) {
    const { browser, system, other } = device(label);
    if (browser && system) return t('sessions.device', { browser, system });
    return browser ?? system ?? other ?? t('sessions.unknown');
}
