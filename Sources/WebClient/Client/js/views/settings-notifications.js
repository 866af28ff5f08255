/** @file The setting for desktop notifications. The browser is asked only on a click, and a refusal says where it can be taken back. */

import { h } from '../ui/dom.js';
import { button } from '../components/button.js';
import { toggle } from '../components/toggle.js';

/** @param {import('../home.js').Home} home */
export function notificationSetting({ t, store, actions }) {
    const box = h('div');
    const show = () => {
        const permission = 'Notification' in window ? Notification.permission : 'unavailable';
        if (permission === 'granted') {
            const { desktop } = store.state.preferences;
            box.replaceChildren(toggle({ label: t('settings.notify'), hint: t('settings.notify-hint'), checked: desktop, onchange: (isOn) => actions.setPreference('desktop', isOn) }));
        } else {
            const label = h('div', null, h('p.label', null, t('settings.notify')), h('p.hint', { role: 'status' }, t(`settings.notify-${permission}`)));
            box.replaceChildren(h('div.toggle', null, label, permission === 'default' ? ask() : null));
        }
    };
    const ask = () => {
        const allow = button({ label: t('settings.notify-allow'), icon: 'bell' });
        allow.addEventListener('click', async () => {
            allow.busy = true;
            await actions.enableNotifications().catch(() => {});
            allow.busy = false;
            show();
        });
        return allow;
    };
    show();
    return box;
}
