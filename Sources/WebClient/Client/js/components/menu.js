/** @file A button that opens a menu. The menu is a popover: the browser closes it with Esc or a press elsewhere. */

import { h, icon as drawing } from '../ui/dom.js';
import { button } from './button.js';
import { rovingList } from './roving-list.js';

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} [hint]  stands under the label
 * @property {string|HTMLElement} [icon]
 * @property {boolean} [danger]
 * @property {boolean} [checked]  it is one of several to choose from
 * @property {() => void} onselect
 */

/**
 * @param {object} options
 * @param {string} options.label  of the menu; of the button too, spoken and shown as a tip, unless it has content of its own
 * @param {string} [options.icon]
 * @param {Node[]} [options.content]  what the button shows and says, in place of an icon
 * @param {MenuItem[]|(() => MenuItem[])} options.items  a function is asked at every opening
 * @returns {HTMLButtonElement}
 */
export function menu({ label, icon = 'more', content, items }) {
    /** What was opened last; whether it still is, only the popover itself says: its `toggle` comes late, after keys that a fast hand has pressed. @type {HTMLElement|null} */
    let list = null;
    const isOpen = () => list?.matches(':popover-open') ?? false;

    const opener = content ? /** @type {HTMLButtonElement} */ (h('button.menu-opener', { type: 'button' }, content)) : button({ label, icon, kind: 'quiet', iconOnly: true });
    opener.setAttribute('aria-haspopup', 'menu');
    opener.setAttribute('aria-expanded', 'false');

    const open = () => {
        const made = built(typeof items === 'function' ? items() : items, label);
        list?.remove();
        list = made;
        opener.after(made);
        opener.setAttribute('aria-expanded', 'true');
        made.addEventListener('beforetoggle', (event) => {
            if (/** @type {ToggleEvent} */ (event).newState === 'closed') opener.setAttribute('aria-expanded', 'false');
        });
        made.addEventListener('toggle', () => {
            // It was opened again meanwhile: that list is another one.
            if (list !== made || isOpen()) return;
            if (made.contains(document.activeElement) || document.activeElement === document.body) opener.focus();
            made.remove();
            list = null;
        });
        made.addEventListener('keydown', (event) => {
            if (event.key === 'Tab') made.hidePopover();
        });
        made.showPopover();
        place(made, opener);
        /** @type {HTMLElement|null} */ (made.firstElementChild)?.focus();
    };

    // A press on the button closes an open menu before the click arrives: then it must not open again.
    let wasOpen = false;
    opener.addEventListener('pointerdown', () => {
        wasOpen = isOpen();
    });
    opener.addEventListener('click', (event) => {
        event.stopPropagation();
        if (!wasOpen && !isOpen()) open();
        wasOpen = false;
    });
    opener.addEventListener('keydown', (event) => {
        if (event.key !== 'ArrowDown' || isOpen()) return;
        event.preventDefault();
        open();
    });
    return opener;
}

/** @param {MenuItem[]} items @param {string} label */
function built(items, label) {
    const list = h(
        'div.menu-list',
        { role: 'menu', popover: 'auto', 'aria-label': label },
        items.map((item) =>
            h(
                'button',
                {
                    type: 'button',
                    role: item.checked === undefined ? 'menuitem' : 'menuitemradio',
                    'aria-checked': item.checked === undefined ? null : String(item.checked),
                    class: item.danger && 'danger',
                    onclick: (/** @type {Event} */ event) => {
                        event.stopPropagation();
                        list.hidePopover();
                        item.onselect();
                    },
                },
                typeof item.icon === 'string' ? drawing(item.icon) : item.icon,
                h('span', null, item.label, item.hint && h('span.hint', null, item.hint)),
                item.checked && drawing('check'),
            ),
        ),
    );
    rovingList(list, { selector: '[role^=menuitem]' });
    return list;
}

/** Below the button, above it where there is no room, and never outside of the window. @param {HTMLElement} list @param {HTMLElement} opener */
function place(list, opener) {
    const gap = 4;
    const at = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = list;
    const isRightToLeft = getComputedStyle(opener).direction === 'rtl';
    const left = isRightToLeft ? at.left : at.right - width;
    const below = at.bottom + gap;
    const top = below + height > innerHeight ? at.top - gap - height : below;
    list.style.setProperty('left', `${Math.max(gap, Math.min(left, innerWidth - width - gap))}px`);
    list.style.setProperty('top', `${Math.max(gap, top)}px`);
}
