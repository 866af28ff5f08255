/** @file Decides what a frame is told by: a toast in the page, a desktop notification, a sound; and keeps the title's count. */

import { placeName, totalUnread } from '../store/selectors.js';
import { pageName } from './title.js';
import { newsOf } from './toasts.js';

/** @typedef {import('../store/types.js').State} State */

/**
 * @typedef {object} NotifierParts
 * @property {import('../store/store.js').Store} store
 * @property {Document} document
 * @property {EventTarget} window
 * @property {import('./tabs.js').Tabs} tabs
 * @property {import('./desktop.js').Desktop} desktop
 * @property {import('./sounds.js').Sounds} sounds
 * @property {(unread: number, name: string) => void} setTitle
 * @property {(key: string, values?: Record<string, string|number>) => string} t
 * @property {(news: import('./toasts.js').News) => void} toast
 * @property {(requestId: string, address: string) => void} accept
 */

export class Notifier {
    #parts;
    #isLeader = false;

    /** @param {NotifierParts} parts */
    constructor(parts) {
        this.#parts = parts;
    }

    /** @param {AbortSignal} signal */
    start(signal) {
        const { store, document, window, tabs, desktop, setTitle, t } = this.#parts;
        const look = () => {
            const isFocused = document.visibilityState === 'visible' && document.hasFocus();
            tabs.shows(isFocused ? store.state.route.address ?? '' : null);
            if (isFocused) desktop.close('');
        };
        for (const type of ['focus', 'blur', 'pagehide']) window.addEventListener(type, look, { signal });
        document.addEventListener('visibilitychange', look, { signal });
        store.watch((state) => state.route, look, signal);
        const name = () => setTitle(totalUnread(store.state), pageName(store.state.route, t, placeName(store.state)));
        store.watch((state) => state.route, name, signal);
        store.watch(placeName, name, signal);
        store.watch(totalUnread, name, signal);
        store.watch((state) => state.conversations, (conversations) => {
            desktop.closeRead((address) => address !== '' && !conversations.get(address)?.unread);
        }, signal);
    }

    stop() {
        const { tabs, desktop, setTitle, t } = this.#parts;
        tabs.shows(null);
        desktop.closeAll();
        setTitle(0, t('app.name'));
    }

    /** This tab is the one that makes sounds and shows desktop notifications. */
    lead() {
        this.#isLeader = true;
    }

    /** @param {any} frame  a good one @param {State} before @param {State} after */
    onFrame(frame, before, after) {
        const { document, tabs, t, toast, accept } = this.#parts;
        const news = newsOf(frame, before, { t, accept, isShown: (address) => tabs.isShown(address) });
        if (!news) return;
        // Nobody sees the toast of a hidden page, and the count in the title says it too.
        if (document.visibilityState === 'visible') toast(news);
        if (this.#isLeader) this.#tellOutside(frame, news, after);
    }

    /** @param {any} frame @param {import('./toasts.js').News} news @param {State} state */
    #tellOutside(frame, news, { preferences }) {
        const { tabs, desktop, sounds, t } = this.#parts;
        if (preferences.sounds) sounds.play(news.kind === 'error' ? 'problem' : 'message');
        if (!preferences.desktop || !desktop.isAllowed || tabs.isFocused) return;
        if (frame.type === 'new-private-message') desktop.show(frame.from_user_id, frame.from_username, frame.message);
        else if (frame.type === 'new-channel-message') desktop.show(frame.channel_id, news.title ?? frame.from_username, frame.message, frame.server_id);
        else desktop.show('', t('app.name'), news.text);
    }
}
