/** @file The keys that work everywhere, and the dialog that lists them. */

import { h } from '../ui/dom.js';
import { openDialog } from '../components/dialog.js';
import { conversationList, shownCommunity } from '../store/selectors.js';

/** How the key for commands is called on this machine. */
export function commandKey() {
    return isMac() ? '⌘' : 'Ctrl';
}

function isMac() {
    return /Mac|iPhone|iPad/.test(navigator.platform);
}

export class ShellKeys {
    #home;
    #parts;

    /** @param {import('../home.js').Home} home @param {{column: HTMLElement, find: () => void}} parts */
    constructor(home, parts) {
        this.#home = home;
        this.#parts = parts;
    }

    /** @param {KeyboardEvent} event */
    pressed(event) {
        if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open], :popover-open')) return;
        const command = (isMac() ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey;
        const onlyAlt = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
        if (command && event.key.toLowerCase() === 'k') this.#parts.find();
        else if (event.ctrlKey && event.key === '/') ShellKeys.help(this.#home);
        else if (onlyAlt && event.key === 'ArrowUp') this.#step(-1);
        else if (onlyAlt && event.key === 'ArrowDown') this.#step(1);
        else if (event.key === 'Escape' && !this.#parts.column.contains(document.activeElement)) this.#toColumn();
        else return;
        event.preventDefault();
    }

    /** To the conversation or the channel before or after the one that is shown, as the column has them. @param {-1|1} by */
    #step(by) {
        const { store, actions } = this.#home;
        const { route } = store.state;
        const { community } = route;
        const channels = (shownCommunity(store.state)?.details?.channels ?? []).filter(({ kind }) => kind === 'text').map(({ channelId }) => channelId);
        const all = community ? channels : conversationList(store.state).map(({ address }) => address);
        if (all.length === 0) return;
        const at = all.indexOf(route.address ?? '');
        const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
        actions.navigate(community ? { view: 'channel', address: all[next], community } : { view: 'conversation', address: all[next] });
    }

    /** Back to the column: in a narrow window it takes the place of the view. */
    #toColumn() {
        const isHidden = getComputedStyle(this.#parts.column).display === 'none';
        const { community } = this.#home.store.state.route;
        if (isHidden) this.#home.actions.navigate(community ? { view: 'community', address: null, community } : { view: 'home', address: null });
        const list = community ? 'home-community-column' : 'home-conversation-list';
        const stop = this.#parts.column.querySelector(`${list} [tabindex="0"]`) ?? this.#parts.column.querySelector(`${list} button`) ?? this.#parts.column.querySelector('a, button');
        if (stop instanceof HTMLElement) requestAnimationFrame(() => stop.focus());
    }

    /** @param {import('../home.js').Home} home */
    static help({ t }) {
        const command = commandKey();
        const rows = [
            [[command, 'K'], 'keys.switch'],
            [['Alt', '↑'], 'keys.previous'],
            [['Alt', '↓'], 'keys.next'],
            [['Esc'], 'keys.column'],
            [['Enter'], 'keys.send'],
            [['Shift', 'Enter'], 'keys.line'],
            [['Ctrl', '/'], 'keys.help'],
        ];
        const list = h('dl.keys-help', null, rows.map(([keys, what]) => [
            h('dt', null, /** @type {string[]} */ (keys).map((key) => [h('kbd', null, key), ' '])),
            h('dd', null, t(/** @type {string} */ (what))),
        ]));
        return openDialog({ title: t('keys.title'), content: list });
    }
}
