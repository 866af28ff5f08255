/**
 * @file Desktop notifications: one a conversation, by one tab, not while it is before the person's eyes, and gone once it is read anywhere.
 * Permission is asked for only when the person wants them.
 */

import { fragmentOf } from '../routes.js';
import { beginningOf } from './toasts.js';

/**
 * @typedef {object} DesktopParts
 * @property {any} Notification  the class, or null where there is none
 * @property {() => Promise<ServiceWorkerRegistration|null>} registration
 * @property {(address: string) => void} open  focuses the page and shows the conversation
 */

export class Desktop {
    #parts;
    /** @type {Map<string, Notification|null>} by conversation; null: shown by the service worker */
    #shown = new Map();

    /** @param {DesktopParts} parts */
    constructor(parts) {
        this.#parts = parts;
    }

    get isAllowed() {
        return this.#parts.Notification?.permission === 'granted';
    }

    /** Asks the person; he need not answer. */
    async ask() {
        await this.#parts.Notification?.requestPermission();
    }

    /** @param {string} address @param {string} title @param {string} text  of the message @param {string} [community]  of a channel */
    async show(address, title, text, community) {
        const fragment = address ? fragmentOf({ view: community ? 'channel' : 'conversation', address, community }) : '';
        const options = { body: beginningOf(text), tag: `home-${address}`, renotify: true, silent: true, data: { address, fragment } };
        try {
            const notification = new this.#parts.Notification(title, options);
            notification.onclick = () => {
                this.close(address);
                this.#parts.open(address);
            };
            this.#shown.set(address, notification);
        } catch {
            // Browsers of phones show notifications only by the service worker; it also takes the click.
            const registration = await this.#parts.registration();
            await registration?.showNotification(title, options).catch(() => {});
            this.#shown.set(address, null);
        }
    }

    /** @param {string} address */
    async close(address) {
        if (!this.#shown.has(address)) return;
        const notification = this.#shown.get(address);
        this.#shown.delete(address);
        if (notification) return notification.close();
        const registration = await this.#parts.registration();
        const shown = await registration?.getNotifications({ tag: `home-${address}` });
        for (const one of shown ?? []) one.close();
    }

    /** Takes away what has been read. @param {(address: string) => boolean} isRead */
    closeRead(isRead) {
        for (const address of [...this.#shown.keys()]) if (isRead(address)) this.close(address);
    }

    closeAll() {
        this.closeRead(() => true);
    }
}
