/** @file `<home-app>`: the whole page. It shows what fits the phase and wears the theme, the contrast and the language that are wanted. */

import { h, icon } from '../ui/dom.js';
import { onDemand } from '../components/on-demand.js';
import { currentDirection, currentLanguage, languageFor, t, useLanguage } from '../text/catalogue.js';

/** @typedef {import('../store/types.js').Preferences} Preferences */

/** Not a `View`: it is what views look for. `home` has to be set before it comes into the page. */
export class HomeApp extends HTMLElement {
    /** @type {import('../home.js').Home} */
    home = /** @type {any} */ (null);
    #lifetime = new AbortController();

    connectedCallback() {
        this.#lifetime = new AbortController();
        const { store } = this.home;
        store.watch((state) => state.preferences, (preferences) => this.#dress(preferences), this.#lifetime.signal);
        // Who is signed in belongs to the choice: views take their account when they are built.
        store.watch(({ phase, account }) => `${phase} ${account?.address ?? ''}`, () => this.#show(), this.#lifetime.signal);
    }

    disconnectedCallback() {
        this.#lifetime.abort();
    }

    /** @param {Preferences} preferences */
    #dress({ theme, contrast, language }) {
        const root = document.documentElement;
        root.dataset.theme = theme;
        root.dataset.contrast = contrast;
        const frame = getComputedStyle(root).getPropertyValue('--surface-sunken');
        for (const meta of document.querySelectorAll('meta[name=theme-color]')) {
            if (theme !== 'system') meta.setAttribute('content', frame);
        }
        root.lang = currentLanguage();
        root.dir = currentDirection();
        if (languageFor(language) !== root.lang) this.#speak(language);
    }

    /** Views take their texts when they are built: another language means other views. @param {string} language */
    async #speak(language) {
        const loaded = await onDemand(this.home, () => useLanguage(language));
        if (!loaded || currentLanguage() === document.documentElement.lang) return;
        this.#dress(this.home.store.state.preferences);
        this.#show();
        /** @type {HTMLElement|null} */ (this.querySelector('main h1'))?.focus();
    }

    #show() {
        const { phase } = this.home.store.state;
        this.dataset.phase = phase;
        if (phase === 'signed-in') this.replaceChildren(h('home-shell'), h('home-toasts'));
        else if (phase === 'signed-out') this.replaceChildren(h('home-sign-in'), h('home-toasts'));
        else this.replaceChildren(h('main.splash', null, icon('mark'), h('h1.visually-hidden', null, t('app.name')), h('p', { role: 'status' }, t('app.starting'))));
    }
}
