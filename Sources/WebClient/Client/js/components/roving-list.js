/** @file One tab stop for a whole list: the arrow keys walk in it. */

/**
 * Makes the matching elements inside of `container` one tab stop: ↑ ↓ Home End walk, letters jump to the next element whose text begins with
 * them, Enter and a click activate. Elements may come and go: what is there is looked up at every key.
 * @param {HTMLElement} container
 * @param {{selector: string, onactivate?: (element: HTMLElement) => void}} options
 * @returns {{refresh: () => void}}  to be called after elements were added or taken away, so that one of them stays a tab stop
 */
export function rovingList(container, { selector, onactivate }) {
    const all = () => /** @type {HTMLElement[]} */ ([...container.querySelectorAll(selector)]);
    let typed = '';
    let typedAt = 0;

    const makeStop = (/** @type {HTMLElement|undefined} */ stop) => {
        for (const element of all()) element.tabIndex = element === stop ? 0 : -1;
    };
    const refresh = () => {
        const elements = all();
        makeStop(elements.find((element) => element.tabIndex === 0 && element.hasAttribute('tabindex')) ?? elements[0]);
    };
    const go = (/** @type {HTMLElement|undefined} */ element) => {
        if (!element) return;
        makeStop(element);
        element.focus();
    };

    container.addEventListener('focusin', (event) => {
        const element = /** @type {HTMLElement} */ (event.target).closest(selector);
        if (element) makeStop(/** @type {HTMLElement} */ (element));
    });
    container.addEventListener('click', (event) => {
        const element = /** @type {HTMLElement} */ (event.target).closest(selector);
        if (element) onactivate?.(/** @type {HTMLElement} */ (element));
    });
    container.addEventListener('keydown', (event) => {
        const elements = all();
        const at = elements.indexOf(/** @type {HTMLElement} */ (event.target));
        if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
        const moves = { ArrowDown: elements[at + 1], ArrowUp: elements[at - 1], Home: elements[0], End: elements.at(-1) };
        if (event.key in moves) {
            go(moves[/** @type {keyof typeof moves} */ (event.key)]);
        } else if (event.key === 'Enter' && onactivate && !(event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement)) {
            onactivate(elements[at]);
        } else if (event.key.length === 1 && event.key !== ' ') {
            typed = event.timeStamp - typedAt > typeAheadMs ? event.key : typed + event.key;
            typedAt = event.timeStamp;
            const from = typed.length > 1 ? at : at + 1;
            const ordered = [...elements.slice(from), ...elements.slice(0, from)];
            go(ordered.find((element) => startsWith(element, typed)));
        } else {
            return;
        }
        event.preventDefault();
    });
    refresh();
    return { refresh };
}

/** Letters that come within this time make one word. */
const typeAheadMs = 700;

/** @param {HTMLElement} element @param {string} text */
function startsWith(element, text) {
    const own = element.dataset.typeAhead ?? element.textContent ?? '';
    return own.trim().toLocaleLowerCase().startsWith(text.toLocaleLowerCase());
}
