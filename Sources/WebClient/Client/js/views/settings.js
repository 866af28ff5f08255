/** @file `<home-settings>`: one's account, how the page looks and sounds, one's sessions and password. Everything takes effect at once. */

import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { avatar } from '../components/avatar.js';
import { backLink } from '../components/back-link.js';
import { button } from '../components/button.js';
import { choice } from '../components/choice.js';
import { confirmDialog } from '../components/dialog.js';
import { ownAddress } from '../components/own-address.js';
import { toggle } from '../components/toggle.js';
import { uniqueId } from '../ui/id.js';
import { unsentCount } from '../store/selectors.js';
import { languages } from '../text/catalogue.js';
import { attempt } from './attempt.js';
import { notificationSetting } from './settings-notifications.js';
import { passwordForm } from './settings-password.js';

export class HomeSettings extends View {
    build() {
        const { t } = this.home;
        this.append(
            h('header.view-header', null, backLink(), h('h1', { tabindex: '-1' }, t('settings.title'))),
            h(
                'div.view-body',
                null,
                section(t('settings.profile'), this.#profile()),
                section(t('settings.appearance'), ...this.#appearance()),
                section(t('settings.notifications'), ...this.#notifications()),
                this.#privacy(),
                section(t('settings.sessions'), h('home-sessions')),
                section(t('settings.password'), passwordForm(this.home)),
                section(t('settings.sign-out'), ...this.#signOut()),
            ),
        );
    }

    #profile() {
        const { store, actions } = this.home;
        const { address, username } = /** @type {import('../store/types.js').Account} */ (store.state.account);
        return h('div.profile', null, avatar({ address, username, size: 'large' }), h('div', null, h('bdi.name', null, username), ownAddress(address, actions.copy)));
    }

    #appearance() {
        const { t, store, actions } = this.home;
        const { theme, contrast, language } = store.state.preferences;
        return [
            choice({
                label: t('settings.theme'),
                value: theme,
                onchange: (value) => actions.setPreference('theme', value),
                options: [
                    { value: 'system', label: t('settings.theme-system'), icon: 'device' },
                    { value: 'light', label: t('settings.theme-light'), icon: 'sun' },
                    { value: 'dark', label: t('settings.theme-dark'), icon: 'moon' },
                ],
            }),
            toggle({
                label: t('settings.contrast'),
                hint: t('settings.contrast-hint'),
                checked: contrast === 'more',
                onchange: (isMore) => actions.setPreference('contrast', isMore ? 'more' : 'system'),
            }).element,
            this.#language(language),
        ];
    }

    /** @param {string} language */
    #language(language) {
        const { t, actions } = this.home;
        const id = uniqueId('language');
        const options = Object.entries({ system: t('settings.language-system'), ...languages });
        const select = /** @type {HTMLSelectElement} */ (
            h('select.select', { id, onchange: () => actions.setPreference('language', select.value) }, options.map(([value, name]) => h('option', { value, selected: value === language }, name)))
        );
        return h('div.toggle', null, h('label', { htmlFor: id }, icon('globe'), t('settings.language')), select);
    }

    #notifications() {
        const { t, store, actions } = this.home;
        const { sounds } = store.state.preferences;
        return [
            notificationSetting(this.home),
            toggle({ label: t('settings.sounds'), hint: t('settings.sounds-hint'), checked: sounds, onchange: (isOn) => actions.setPreference('sounds', isOn) }).element,
        ];
    }

    /** Nothing of it is there at a homeserver that has neither statuses nor blocks. */
    #privacy() {
        const part = section(this.home.t('privacy.title'), h('home-privacy'));
        this.showPrivacy = (/** @type {boolean} */ isThere) => part.toggleAttribute('hidden', !isThere);
        return part;
    }

    connected() {
        this.watch((state) => state.own !== null || state.blocks !== null, (isThere) => this.showPrivacy?.(isThere));
    }

    #signOut() {
        const { t } = this.home;
        const leave = button({ label: t('settings.sign-out'), icon: 'sign-out', kind: 'danger' });
        leave.addEventListener('click', () => this.#leave(leave));
        return [h('p.hint', null, t('settings.sign-out-text')), leave];
    }

    /** @param {ReturnType<typeof button>} leave */
    async #leave(leave) {
        const { t, store, actions } = this.home;
        const unsent = unsentCount(store.state);
        const isSure = unsent === 0 || (await confirmDialog({
            title: t('settings.unsent-title', { count: unsent }),
            text: t('settings.unsent-text'),
            confirm: t('settings.sign-out'),
            danger: true,
        }));
        if (isSure) await attempt(this.home, () => actions.signOut(), leave);
    }
}

/** @param {string} title @param {...HTMLElement} content */
function section(title, ...content) {
    const id = uniqueId('settings');
    return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), h('div.panel', null, content));
}
