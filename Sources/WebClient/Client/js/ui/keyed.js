/** @file Keeps a list of elements in step with a list of things: elements stay while their thing stays, so the focus stays too. */

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
        const focused = container.contains(document.activeElement) ? document.activeElement : null;
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
        if (focused && !focused.isConnected) rescueFocus(container);
    };
}

/** What had the focus is gone: the next thing of the list gets it, or the heading above. @param {HTMLElement} container */
function rescueFocus(container) {
    const next = container.querySelector('button, a, input') ?? container.closest('section, main')?.querySelector('h1, h2');
    if (!(next instanceof HTMLElement)) return;
    if (/^H\d$/.test(next.tagName)) next.tabIndex = -1;
    next.focus();
}
