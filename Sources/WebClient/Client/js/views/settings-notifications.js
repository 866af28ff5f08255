/** @file The setting for desktop notifications. A refusal says where it can be taken back. */

import { h } from '../ui/dom.js';
import { allowNotifications, notificationPermission } from '../components/allow-notifications.js';
import { toggle } from '../components/toggle.js';

/** @param {import('../home.js').Home} home */
export function notificationSetting(home) {
    const { t, store, actions } = home;
    const box = h('div');
    const show = () => {
        const permission = notificationPermission();
        if (permission === 'granted') {
            const { desktop } = store.state.preferences;
            box.replaceChildren(toggle({ label: t('settings.notify'), hint: t('settings.notify-hint'), checked: desktop, onchange: (isOn) => actions.setPreference('desktop', isOn) }).element);
        } else {
            const label = h('div', null, h('p.label', null, t('settings.notify')), h('p.hint', { role: 'status' }, t(`settings.notify-${permission}`)));
            box.replaceChildren(h('div.toggle', null, label, permission === 'default' ? allowNotifications(home, show) : null));
        }
    };
    show();
    return box;
}
