/** @file Keeps a list of elements in step with a list of things: elements stay while their thing stays, and the focus stays where it is. */

/** What can have the focus in an entry. */
const controls = 'button, a, input, select, textarea';

/**
 * @template T
 * @param {HTMLElement} container  holds nothing else
 * @param {(item: T) => string} key
 * @param {(item: T) => HTMLElement} make  called again for a thing that has become another one under the same key
 * @returns {(items: ReadonlyArray<T>) => void}  shows these
 */
export function keyed(container, key, make) {
    /** @type {Map<string, {item: T, element: HTMLElement}>} */
    let shown = new Map();
    return (items) => {
        const held = heldIn(container, shown);
        const next = new Map();
        for (const item of items) {
            const before = shown.get(key(item));
            next.set(key(item), before && Object.is(before.item, item) ? before : { item, element: make(item) });
        }
        const elements = [...next.values()].map(({ element }) => element);
        for (const child of [...container.children]) {
            if (!elements.includes(/** @type {HTMLElement} */ (child))) child.remove();
        }
        elements.forEach((element, at) => {
            if (container.children[at] !== element) container.insertBefore(element, container.children[at] ?? null);
        });
        shown = next;
        // Also an entry that only took another place has lost it.
        if (held && document.activeElement !== held.focused) giveBack(container, next, held);
    };
}

/** @typedef {ReadonlyMap<string, {element: HTMLElement}>} Shown */
/** @typedef {{focused: Element, at: number, keys: string[]}} Held  which control of its entry; whose entry, and who comes after him, then who before */

/** Where the focus is, if it is in the list. @param {HTMLElement} container @param {Shown} shown @returns {Held|null} */
function heldIn(container, shown) {
    const focused = document.activeElement;
    if (!focused || !container.contains(focused)) return null;
    const keys = [...shown.keys()];
    const whose = keys.findIndex((one) => shown.get(one)?.element.contains(focused));
    if (whose < 0) return null;
    const at = controlsOf(shown.get(keys[whose])).indexOf(/** @type {HTMLElement} */ (focused));
    return { focused, at: Math.max(0, at), keys: [...keys.slice(whose), ...keys.slice(0, whose).reverse()] };
}

/** @param {{element: HTMLElement}|undefined} entry @returns {HTMLElement[]} */
const controlsOf = (entry) => (entry ? [.../** @type {NodeListOf<HTMLElement>} */ (entry.element.querySelectorAll(controls))] : []);

/**
 * What had the focus is gone or has moved: the same control of the same entry gets it; else the next entry that is still there, or the one
 * before; at last any, or the heading above. The list does not scroll: one stays where one looked.
 * @param {HTMLElement} container @param {Shown} shown @param {Held} held
 */
function giveBack(container, shown, { at, keys }) {
    for (const one of [...keys, ...shown.keys()]) {
        const all = controlsOf(shown.get(one));
        // Where it is not there any more or takes no focus, as in a menu that has closed, it is the one before it, which opens the menu.
        for (const control of [...all.slice(0, at + 1).reverse(), ...all.slice(at + 1)]) {
            control.focus({ preventScroll: true });
            if (document.activeElement === control) return;
        }
    }
    const heading = container.closest('section, main')?.querySelector('h1, h2');
    if (!(heading instanceof HTMLElement)) return;
    heading.tabIndex = -1;
    heading.focus();
}
