/**
 * @file What is loaded when it is first wanted. The service worker has it all, so it is there without a network and after the homeserver
 * got a newer client; where there is no worker, or not yet, it may be missing, and the person is told and can reload.
 */

import { h, icon } from '../ui/dom.js';
import { button } from './button.js';

/** @typedef {import('../home.js').Home} Home */

/**
 * For what has no place in the page of its own: a toast says what is missing.
 * @template T
 * @param {Home} home
 * @param {() => Promise<T>} load  calls `import()`
 * @returns {Promise<{part: T}|null>}  null: it was said that it is missing
 */
export async function onDemand({ t, actions }, load) {
    try {
        return { part: await load() };
    } catch (error) {
        reportError(error);
        actions.toast({ kind: 'error', text: t('part.missing-text'), actions: [{ label: t('link.reload'), run: actions.reload }] });
        return null;
    }
}

/**
 * For what has a place: until it is there the place is marked busy, and if it cannot be had, that is said there.
 * @param {Home} home
 * @param {HTMLElement} place
 * @param {() => Promise<unknown>} load
 * @returns {Promise<boolean>}  whether it is there
 */
export async function onDemandIn({ t, actions }, place, load) {
    place.setAttribute('aria-busy', 'true');
    try {
        await load();
        return true;
    } catch (error) {
        reportError(error);
        place.replaceChildren(h(
            'div.empty',
            null,
            icon('wifi-off'),
            h('h1', { tabindex: '-1' }, t('part.missing')),
            h('p', { role: 'alert' }, t('part.missing-text')),
            button({ label: t('link.reload'), icon: 'retry', kind: 'primary', onclick: () => actions.reload() }),
        ));
        return false;
    } finally {
        place.removeAttribute('aria-busy');
    }
}

/** A file of css/ that only such a part needs. @param {string} name @returns {Promise<void>} */
export function stylesheet(name) {
    const href = new URL(`../../css/${name}.css`, import.meta.url).pathname;
    if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
    return new Promise((resolve, reject) => {
        const link = h('link', {
            rel: 'stylesheet',
            href,
            onload: () => resolve(),
            onerror: () => {
                link.remove();
                reject(new Error(`${href} could not be loaded`));
            },
        });
        document.head.append(link);
    });
}
