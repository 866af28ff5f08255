/** @file Builds elements. There is no other way here to make DOM: no markup is ever parsed from a text. */

/**
 * @param {string} tag  `button`, or with classes `button.quiet.small`
 * @param {Record<string, any>|null} [properties]  `on…` adds a listener, `data-…`, `aria-…`, `role` and others set attributes; true is an
 *   empty attribute, null and false are left out; `ref` is called with the element
 * @param {...(Node|string|number|null|undefined|false|any[])} children  texts become text nodes
 * @returns {HTMLElement}
 */
export function h(tag, properties, ...children) {
    const [name, ...classes] = tag.split('.');
    const element = document.createElement(name);
    if (classes.length) element.classList.add(...classes);
    for (const [key, value] of Object.entries(properties ?? {})) {
        if (value === null || value === undefined || value === false) continue;
        if (key === 'ref') value(element);
        else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
        else if (asProperty.has(key)) element[key] = value;
        else element.setAttribute(key, value === true ? '' : String(value));
    }
    append(element, children);
    return element;
}

/** What has to be set as a property, because the attribute is only its first value. */
const asProperty = new Set(['value', 'checked', 'selected', 'textContent', 'htmlFor', 'disabled', 'open']);

/** @param {ParentNode} parent @param {any[]} children */
function append(parent, children) {
    for (const child of children) {
        if (child === null || child === undefined || child === false) continue;
        if (Array.isArray(child)) append(parent, child);
        else parent.append(child instanceof Node ? child : String(child));
    }
}

const svg = 'http://www.w3.org/2000/svg';

/** An icon of icons/sprite.svg's symbols, decoration only: what it means stands in the text beside it or in a label. @param {string} name */
export function icon(name) {
    const element = document.createElementNS(svg, 'svg');
    element.setAttribute('class', 'icon');
    element.setAttribute('aria-hidden', 'true');
    const use = document.createElementNS(svg, 'use');
    use.setAttribute('href', `${new URL('../../icons/sprite.svg', import.meta.url).pathname}#${name}`);
    element.append(use);
    return element;
}
