/** @file Ids for what one element says of another: `aria-describedby`, `aria-labelledby`. */

/** An id that nothing else in the page has. @param {string} prefix */
export function uniqueId(prefix) {
    return `${prefix}-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
}
