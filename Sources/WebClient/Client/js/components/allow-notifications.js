/** @file Asking the browser for desktop notifications: only on a click, and again as long as the person has left the question open. */

import { button } from './button.js';

/** @returns {'default'|'granted'|'denied'|'unavailable'}  `default`: not asked yet, or closed without an answer */
export function notificationPermission() {
    return 'Notification' in window ? Notification.permission : 'unavailable';
}

/** @param {import('../home.js').Home} home @param {() => void} asked  the permission may be another one now */
export function allowNotifications({ t, actions }, asked) {
    const allow = button({ label: t('settings.notify-allow'), icon: 'bell' });
    allow.addEventListener('click', async () => {
        allow.busy = true;
        await actions.enableNotifications().catch(() => {});
        allow.busy = false;
        asked();
    });
    return allow;
}
