/** @file The toasts in the corner: said once aloud, gone after their time unless a pointer or the focus keeps them. */

import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { t } from '../text/catalogue.js';
import { button } from './button.js';

/** @typedef {import('../store/types.js').Toast} Toast */

const icons = { info: 'info', success: 'check', warning: 'alert', error: 'alert' };

/** How long a toast stays after the pointer or the focus has left it. */
const graceMs = 2000;

/** `<home-toasts>` */
export class HomeToasts extends View {
    /** @type {Map<string, HTMLElement>} */
    #shown = new Map();
    #timer = 0;
    /** What had the focus before it came into a toast. @type {HTMLElement|null} */
    #cameFrom = null;

    build() {
        // Both regions are there from the start: a live region that comes together with its text is not read by every screen reader.
        this.polite = h('div', { role: 'status', 'aria-live': 'polite' });
        this.urgent = h('div', { role: 'alert', 'aria-live': 'assertive' });
        this.append(this.polite, this.urgent);
    }

    connected() {
        this.watch((state) => state.toasts, (toasts) => this.#show(toasts));
        for (const type of ['pointerleave', 'focusout']) this.listen(this, type, () => this.#expireLater(graceMs));
        this.listen(this, 'focusin', ({ relatedTarget }) => {
            if (!this.contains(relatedTarget)) this.#cameFrom = relatedTarget;
        });
        this.signal.addEventListener('abort', () => clearTimeout(this.#timer));
    }

    /** @param {ReadonlyArray<Toast>} toasts */
    #show(toasts) {
        const wanted = new Set(toasts.map(({ id }) => id));
        const hadFocus = this.contains(document.activeElement);
        for (const [id, element] of this.#shown) {
            if (wanted.has(id)) continue;
            element.remove();
            this.#shown.delete(id);
        }
        for (const toast of toasts) {
            if (this.#shown.has(toast.id)) continue;
            const element = this.#toast(toast);
            this.#shown.set(toast.id, element);
            const region = toast.kind === 'error' ? this.urgent : this.polite;
            region?.append(element);
        }
        if (hadFocus && !this.contains(document.activeElement)) this.#giveFocusBack();
        this.#expireLater(0);
    }

    /** @param {Toast} toast */
    #toast({ id, kind, text, actions }) {
        const { dismissToast, navigate } = this.home.actions;
        const doing = actions.map(({ label, run, route }) => {
            const one = button({
                label,
                kind: 'quiet',
                onclick: () => {
                    dismissToast(id);
                    run?.();
                    if (route) navigate(route);
                },
            });
            one.classList.add('action');
            return one;
        });
        const close = button({ label: t('toast.dismiss'), icon: 'close', kind: 'quiet', iconOnly: true, onclick: () => dismissToast(id) });
        return h(`div.toast.${kind}`, null, icon(icons[kind]), h('p', null, text), doing, close);
    }

    /** What had it is gone with its toast: to another toast, or to where one was before. */
    #giveFocusBack() {
        const next = this.querySelector('button') ?? (this.#cameFrom?.isConnected ? this.#cameFrom : document.querySelector('main'));
        if (next instanceof HTMLElement) next.focus();
    }

    /** Looks at the next end of a toast, but not before `atLeastMs` from now. @param {number} atLeastMs */
    #expireLater(atLeastMs) {
        clearTimeout(this.#timer);
        const next = Math.min(...this.home.store.state.toasts.map(({ expiresAt }) => expiresAt));
        if (!Number.isFinite(next)) return;
        this.#timer = setTimeout(() => this.#expire(), Math.max(next - Date.now(), atLeastMs));
    }

    #expire() {
        if (this.matches(':hover, :focus-within')) return;
        const now = Date.now();
        for (const { id, expiresAt } of this.home.store.state.toasts) {
            if (expiresAt <= now) this.home.actions.dismissToast(id);
        }
        this.#expireLater(0);
    }
}
