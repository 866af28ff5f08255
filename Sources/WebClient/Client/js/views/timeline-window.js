/**
 * @file Which of a conversation's items stand in the page: a range of them, at most 400, however many are loaded. Pure; the timeline
 * carries it out.
 */

/** @typedef {{start: number, end: number}} Range  items `start` to `end`, without `end` */

/** The most rows in the page. */
export const most = 400;
/** As many as fill a high window: what a switch builds at once. */
export const first = 40;
/** How many come at a time when one scrolls. */
export const step = 60;

/** @param {number} count @param {number} [size] @returns {Range} the newest ones */
export function newest(count, size = first) {
    return { start: Math.max(0, count - size), end: count };
}

/** @param {number} count @param {number} index @returns {Range} those around one of them */
export function around(count, index) {
    const start = Math.max(0, Math.min(index - first / 2, count - first));
    return { start, end: Math.min(count, start + first) };
}

/** @param {Range} range @returns {Range} with older ones, without the newest when they would be too many */
export function withOlder({ start, end }) {
    const begin = Math.max(0, start - step);
    return { start: begin, end: Math.min(end, begin + most) };
}

/** @param {Range} range @param {number} count @returns {Range} with newer ones, without the oldest when they would be too many */
export function withNewer({ start, end }, count) {
    const finish = Math.min(count, end + step);
    return { start: Math.max(start, finish - most), end: finish };
}

/**
 * The same items after the list has changed: others came before, between or behind them, or went.
 * @param {Range} range
 * @param {ReadonlyArray<string>} before  the keys until now
 * @param {ReadonlyArray<string>} after
 * @param {boolean} follows  one is at the end and wants to stay there
 * @returns {Range}
 */
export function moved(range, before, after, follows) {
    if (before.length === 0 || range.start === range.end) return newest(after.length);
    const begin = firstThatStayed(range, before, after);
    if (begin === null) return newest(after.length);
    if (follows) return { start: Math.max(begin, after.length - most), end: after.length };
    const wasAtEnd = range.end === before.length;
    const end = wasAtEnd ? after.length : endAfter(range, before, after, begin);
    return { start: begin, end: Math.min(end, begin + most) };
}

/** Whether all that was in the page is gone and others are there: one was so far behind that the newest were loaded instead. @param {Range} range @param {ReadonlyArray<string>} before @param {ReadonlyArray<string>} after */
export const isReplaced = (range, before, after) => range.start < range.end && after.length > 0 && firstThatStayed(range, before, after) === null;

/** Where the first item of the range that is still there has gone. @param {Range} range @param {ReadonlyArray<string>} before @param {ReadonlyArray<string>} after */
function firstThatStayed(range, before, after) {
    const grown = after.length - before.length;
    for (let index = range.start; index < range.end; index += 1) {
        const key = before[index];
        if (after[index] === key) return index;
        if (after[index + grown] === key) return index + grown;
        const found = after.indexOf(key);
        if (found !== -1) return found;
    }
    return null;
}

/** @param {Range} range @param {ReadonlyArray<string>} before @param {ReadonlyArray<string>} after @param {number} begin */
function endAfter(range, before, after, begin) {
    const last = after.indexOf(before[range.end - 1], begin);
    return last === -1 ? Math.min(after.length, begin + (range.end - range.start)) : last + 1;
}

/** However high the window is, no more than this (px) is kept ready, so that both ends fit into 400 rows. */
const furthest = 3000;

/**
 * What the timeline should do next, seen from how far it is (px) to both ends of what is in the page. It looks 1.5 windows ahead, because
 * rows that come while one is at the very top cannot come unseen.
 * @param {{range: Range, count: number, above: number, below: number, height: number, hasOlder: boolean, hasNewer: boolean}} place
 *   `has…`: there is more than what is loaded
 * @returns {'older'|'newer'|'load-older'|'load-newer'|null}  `load…`: what is loaded does not reach
 */
export function next({ range, count, above, below, height, hasOlder, hasNewer }) {
    const ahead = Math.min(height * 1.5, furthest);
    if (above < ahead && range.start > 0) return 'older';
    if (below < ahead && range.end < count) return 'newer';
    if (above < ahead && hasOlder) return 'load-older';
    if (below < ahead && hasNewer) return 'load-newer';
    return null;
}
