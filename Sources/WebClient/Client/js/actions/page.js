/** @file Actions of the page itself: where one is, preferences, toasts, the clipboard. */

import { fragmentOf } from '../routes.js';
import { t } from '../text/catalogue.js';

/** @typedef {import('../home.js').Application} Application */

/** How long a toast stays, ms; one that says what went wrong longer. */
const toastFor = 6_000;
const problemFor = 12_000;

/** @param {Application} app */
export function pageActions(app) {
    const { browser, store } = app;
    /** @type {import('../home.js').Actions['toast']} */
    const toast = ({ kind, text, actions = [], about = null, stays = false }) => {
        const expiresAt = stays ? Infinity : browser.now() + (kind === 'error' || kind === 'warning' ? problemFor : toastFor);
        store.dispatch({ type: 'toast-added', toast: { id: browser.newId(), kind, text, actions, about, expiresAt } });
    };
    /** @param {string} key @param {any} value */
    const setPreference = (key, value) => {
        store.dispatch({ type: 'preferences', preferences: { [key]: value } });
        const isKept = app.keepsakes.keepPreferences(store.state.preferences);
        if (!isKept) store.dispatch({ type: 'condition-began', id: 'storage', detail: 'refused' });
    };
    return {
        /** @param {import('../store/types.js').Route} route */
        navigate: (route) => {
            const fragment = fragmentOf(route);
            if (browser.location.hash !== fragment) browser.location.hash = fragment;
        },
        /** @param {string} address @param {import('../store/types.js').Place|null} place */
        savePlace: (address, place) => store.dispatch({ type: 'place', address, place }),
        setPreference,
        enableNotifications: async () => {
            await app.desktop.ask();
            if (app.desktop.isAllowed) setPreference('desktop', true);
        },
        toast,
        /** @param {string} id */
        dismissToast: (id) => store.dispatch({ type: 'toast-dismissed', id }),
        reconnect: () => app.session?.link.retry(),
        reload: () => browser.location.reload(),
        /** @param {string} text */
        copy: async (text) => {
            try {
                await browser.navigator.clipboard.writeText(text);
                toast({ kind: 'success', text: t('toast.copied') });
            } catch {
                toast({ kind: 'error', text: t('problem.clipboard') });
            }
        },
    };
}
