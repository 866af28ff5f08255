/** @file The emoji of the homeserver's `/emoji.json`, loaded when they are first wanted, and what is remembered of their use. */

import { emojiIndex, used } from '../text/emoji.js';

/** @typedef {import('../text/emoji.js').EmojiData} EmojiData */

const recentKey = 'home-emoji-recent';
const toneKey = 'home-emoji-tone';

/** @type {Promise<{data: EmojiData, index: ReturnType<typeof emojiIndex>}>|null} */
let loading = null;

/** A failure rejects with the words of the homeserver, and the next call tries again. */
export function loadEmoji() {
    loading ??= load().catch((error) => {
        loading = null;
        throw error;
    });
    return loading;
}

async function load() {
    const answer = await fetch('/emoji.json');
    const body = await answer.json().catch(() => null);
    if (!answer.ok) throw new Error(typeof body?.message === 'string' ? body.message : String(answer.status));
    const data = { groups: (Array.isArray(body?.groups) ? body.groups : []).filter(isGroup) };
    return { data, index: emojiIndex(data) };
}

/** @param {any} group */
function isGroup(group) {
    return typeof group?.id === 'string' && Array.isArray(group.emoji)
        && group.emoji.every((/** @type {any} */ emoji) => Array.isArray(emoji) && emoji.slice(0, 5).every((part) => typeof part === 'string'));
}

/** @returns {string[]} the ones used last, the latest first */
export function recentEmoji() {
    const kept = read(recentKey, []);
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string' && one.length <= 32).slice(0, 27) : [];
}

/** @param {string} character */
export function rememberEmoji(character) {
    write(recentKey, used(recentEmoji(), character));
}

/** @returns {number} 0 to 5 */
export function skinTone() {
    const kept = read(toneKey, 0);
    return Number.isInteger(kept) && kept >= 0 && kept <= 5 ? kept : 0;
}

/** @param {number} tone */
export function rememberSkinTone(tone) {
    write(toneKey, tone);
}

/** @param {string} key @param {any} otherwise */
function read(key, otherwise) {
    try {
        return JSON.parse(localStorage.getItem(key) ?? 'null') ?? otherwise;
    } catch {
        return otherwise;
    }
}

/** It is a convenience: where the browser keeps nothing, nothing is remembered. @param {string} key @param {any} value */
function write(key, value) {
    try {
        localStorage.setItem(key, JSON.stringify(value));
    } catch {
        // Said elsewhere, by the condition `storage`.
    }
}
