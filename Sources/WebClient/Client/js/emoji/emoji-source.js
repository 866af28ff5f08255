/** @file What `:smi` in the composer may become. */

import { currentLanguage, t } from '../text/catalogue.js';
import { emojiWord, searchEmoji, withTone } from '../text/emoji.js';
import { h } from '../ui/dom.js';
import { loadEmoji, rememberEmoji, skinTone } from './emoji-data.js';

/** @typedef {import('../text/emoji.js').Emoji} Emoji */

const most = 7;

/** Where the homeserver has no emoji, or they cannot be had, words stay words. @returns {import('../components/completion.js').Source<Emoji>} */
export function emojiSource() {
    /** @type {Awaited<ReturnType<typeof loadEmoji>>['index']|null} */
    let index = null;
    let isWithout = false;
    const load = async (/** @type {string} */ word) => {
        try {
            index = (await loadEmoji()).index;
            return searchEmoji(index, word, most);
        } catch {
            isWithout = true;
            return [];
        }
    };
    return {
        label: t('composer.emoji'),
        wordOf: emojiWord,
        find: (word) => (isWithout ? [] : index ? searchEmoji(index, word, most) : load(word)),
        show: (emoji) => [
            h('span.completion-sign', { 'aria-hidden': 'true' }, withTone(emoji, skinTone())),
            h('span.truncate', null, (currentLanguage() === 'de' ? emoji[3] : emoji[1]) || emoji[0]),
        ],
        choose: (emoji) => {
            rememberEmoji(withTone(emoji, skinTone()));
            return withTone(emoji, skinTone());
        },
    };
}
