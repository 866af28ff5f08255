/** @file Maps that are replaced, never changed in place. */

/**
 * @template V
 * @param {ReadonlyMap<string, V>} map
 * @param {string} key
 * @returns {ReadonlyMap<string, V>}  the same one when there is no such key
 */
export function without(map, key) {
    if (!map.has(key)) return map;
    const rest = new Map(map);
    rest.delete(key);
    return rest;
}
