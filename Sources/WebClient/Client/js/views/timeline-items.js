/** @file A conversation as rows: what is sent and what is being sent in one list, with the lines between days and groups. Pure. */

import { nonceOfRetry } from '../store/outgoing.js';
import { dayOf } from '../text/dates.js';

/** @typedef {import('../store/types.js').Conversation} Conversation */
/** @typedef {import('../store/types.js').Message | import('../store/types.js').Outgoing} Item */
/** @typedef {{at: number, isOwn: boolean, startsDay: boolean, startsGroup: boolean, startsNew: boolean, isSentAgain: boolean}} Setting  how an item stands among the others */

const groupMs = 5 * 60_000;

/** Whose it is, where one's own are one person, sent or not. @param {Item} item */
const authorOf = (item) => (isOwn(item) ? '' : /** @type {import('../store/types.js').Message} */ (item).fromAddress);

/** @param {Conversation} conversation @returns {Item[]} */
export function itemsOf(conversation) {
    return [...conversation.messages, ...conversation.outgoing];
}

/** The same for one's own message before and after it got its number, so its row stays. @param {Item} item */
export function keyOf(item) {
    return item.nonce ?? /** @type {any} */ (item).messageId;
}

/** @param {Item} item @returns {item is import('../store/types.js').Outgoing} */
export function isOutgoing(item) {
    return 'createdAt' in item;
}

/** @param {Item} item @returns {number} ms */
export function timeOf(item) {
    return isOutgoing(item) ? item.createdAt : Date.parse(item.timestamp);
}

/** @param {Item} item */
export function isOwn(item) {
    return isOutgoing(item) || item.own;
}

/**
 * @param {ReadonlyArray<Item>} items @param {number} index
 * @param {string|null} newKey  the first item that is new since one came here
 * @returns {Setting}
 */
export function settingOf(items, index, newKey) {
    const item = items[index];
    const before = items[index - 1];
    const at = timeOf(item);
    const startsDay = !before || dayOf(timeOf(before)) !== dayOf(at);
    const startsNew = newKey !== null && keyOf(item) === newKey;
    const belongs = before && authorOf(before) === authorOf(item) && Math.abs(at - timeOf(before)) < groupMs && item.replyTo === null;
    return { at, isOwn: isOwn(item), startsDay, startsNew, startsGroup: startsDay || startsNew || !belongs, isSentAgain: isSentAgain(items, item) };
}

/** Whether the other homeserver refused it and it stands there, or waits, a second time. @param {ReadonlyArray<Item>} items @param {Item} item */
function isSentAgain(items, item) {
    if (isOutgoing(item) || item.delivery?.state !== 'failed') return false;
    const nonce = nonceOfRetry(item.messageId);
    return items.some((one) => one.nonce === nonce);
}

/**
 * The first message of the other one behind `seq`, or null.
 * @param {ReadonlyArray<import('../store/types.js').Message>} messages  ascending by seq
 * @param {number|null} seq
 */
export function firstNewKey(messages, seq) {
    if (seq === null) return null;
    let low = 0;
    let high = messages.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (messages[middle].seq <= seq) low = middle + 1;
        else high = middle;
    }
    while (low < messages.length && messages[low].own) low += 1;
    return low < messages.length ? keyOf(messages[low]) : null;
}
