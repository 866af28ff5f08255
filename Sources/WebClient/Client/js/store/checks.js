/** @file What a value of the wire may be: the words in which frames.js and community-frames.js say what they expect. */

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const username = /^[a-z0-9._-]{1,32}$/;
const server = /^[a-z0-9.-]{1,253}$/;
const address = /^[a-z0-9._-]{1,32}@[a-z0-9.-]{1,253}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** @typedef {(value: unknown) => boolean} Check */

/** @type {Check} */ export const isText = (value) => typeof value === 'string';
/** @type {Check} */ export const isFlag = (value) => typeof value === 'boolean';
/** @type {Check} */ export const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
/** @type {Check} */ export const isOrdinal = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 1;
/** @type {Check} */ export const isId = (value) => typeof value === 'string' && uuid.test(value);
/** @type {Check} */ export const isUsername = (value) => typeof value === 'string' && username.test(value);
/** @type {Check} */ export const isServer = (value) => typeof value === 'string' && server.test(value);
/** @type {Check} */ export const isAddress = (value) => typeof value === 'string' && address.test(value);
/** @type {Check} */ export const isTime = (value) => typeof value === 'string' && time.test(value) && !Number.isNaN(Date.parse(value));
/** @type {(...values: string[]) => Check} */ export const isOneOf = (...values) => (value) => values.includes(/** @type {string} */ (value));
/** @type {(check: Check) => Check} */ export const maybe = (check) => (value) => value === undefined || check(value);
/** @type {(check: Check) => Check} */ export const listOf = (check) => (value) => Array.isArray(value) && value.every(check);
/** @type {Check} */ export const isNumbers = (value) => isObject(value) && Object.values(/** @type {object} */ (value)).every(isCount);

/** @param {unknown} value */
export function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {Record<string, Check>} fields @returns {Check} */
export function object(fields) {
    const checks = Object.entries(fields);
    return (value) => isObject(value) && checks.every(([name, check]) => check(/** @type {any} */ (value)[name]));
}

/** @param {Array<{seq: number}>} list */
export function isAscending(list) {
    return list.every((entry, index) => index === 0 || entry.seq > list[index - 1].seq);
}
