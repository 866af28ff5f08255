/** @file Emoji without their pictures: finding them by words, skin tones, the ones used last, and messages of nothing but emoji. */

/**
 * One of emoji.json: character, English name, English words by `|`, German name, German words, 1 when it takes a skin tone.
 * @typedef {[string, string, string, string, string, number?]} Emoji
 * @typedef {{groups: Array<{id: string, emoji: Emoji[]}>}} EmojiData
 */

export const tones = ['', '\u{1f3fb}', '\u{1f3fc}', '\u{1f3fd}', '\u{1f3fe}', '\u{1f3ff}'];
const mostRecent = 27;

/** @param {string} text */
export function folded(text) {
    return text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss');
}

/** Prepares searching: each emoji with its words in all languages. @param {EmojiData} data */
export function emojiIndex(data) {
    return data.groups.flatMap((group) => group.emoji).map((emoji) => {
        const [, english, englishWords, german, germanWords] = emoji;
        const names = [folded(english), folded(german)];
        const words = new Set([...names, ...folded(`${englishWords}|${germanWords}`).split('|')].flatMap((entry) => [entry, ...entry.split(/[\s-]+/)]));
        return { emoji, names, words: [...words] };
    });
}

/**
 * The emoji that every word of the query fits, best first: a name that is the query, a name that starts so, a word that is it, a word
 * that starts so.
 * @param {ReturnType<typeof emojiIndex>} index @param {string} query @param {number} [most] @returns {Emoji[]}
 */
export function searchEmoji(index, query, most = 200) {
    const wanted = folded(query.slice(0, 64)).replace(/^:|:$/g, '').trim();
    if (wanted === '') return [];
    const parts = wanted.split(/[\s_-]+/);
    const found = [];
    index.forEach((entry, place) => {
        const score = scoreOf(entry, wanted, parts);
        if (score < Infinity) found.push({ emoji: entry.emoji, score, place });
    });
    found.sort((a, b) => a.score - b.score || a.place - b.place);
    return found.slice(0, most).map((entry) => entry.emoji);
}

/** @param {{names: string[], words: string[]}} entry @param {string} wanted @param {string[]} parts @returns {number} */
function scoreOf(entry, wanted, parts) {
    if (entry.names.includes(wanted)) return 0;
    if (entry.names.some((name) => name.startsWith(wanted))) return 1;
    let score = 2;
    for (const part of parts) {
        if (entry.words.includes(part)) continue;
        if (!entry.words.some((word) => word.startsWith(part))) return Infinity;
        score = 3;
    }
    return score;
}

/** The beginning of an emoji's name, `:smi`, with which a text ends; '' when it ends otherwise, or within a code block. @param {string} text */
export function emojiWord(text) {
    const isCode = text.split('```').length % 2 === 0;
    return isCode ? '' : /(?:^|[\s(])(:[\p{L}\p{N}_+-]{2,32})$/u.exec(text.slice(-40))?.[1] ?? '';
}

/** @param {Emoji} emoji @param {number} tone  0 to 5 @returns {string} the character in that skin tone */
export function withTone(emoji, tone) {
    const [character, , , , , takesTone] = emoji;
    if (!takesTone || !tone) return character;
    const [first, ...rest] = character;
    return [first, tones[tone], ...(rest[0] === '\ufe0f' ? rest.slice(1) : rest)].join('');
}

/** @param {string[]} recent @param {string} character @returns {string[]} with this one first, at most 27 */
export function used(recent, character) {
    return [character, ...recent.filter((other) => other !== character)].slice(0, mostRecent);
}

const pieces = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\u20e3\u{e0020}-\u{e007f}0-9#*\s]+$/u;

/** Whether a message is one to six emoji and nothing else: it is shown large. @param {string} text */
export function isEmojiOnly(text) {
    if (text.length > 96 || !pieces.test(text)) return false;
    const graphemes = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map((part) => part.segment).filter((part) => part.trim() !== '');
    return graphemes.length >= 1 && graphemes.length <= 6 && graphemes.every((part) => /\p{Emoji_Presentation}|\ufe0f|\p{Regional_Indicator}{2}|\u20e3/u.test(part));
}
