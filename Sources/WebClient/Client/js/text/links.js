/** @file Which links of a message may be followed, and what they really lead to. Everything else stays text. */

const schemes = new Set(['http:', 'https:', 'mailto:']);
const longest = 2048;

/** Characters that are not seen and change what is: controls, those that turn the direction of writing, and those that take no room. */
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffc]/u;
const notInLinks = /[\s"<>\\`]/u;

/**
 * @param {string} written
 * @returns {{href: string, place: string}|null} `place` is the host, or a mail's address: what a person should know before a click.
 *   A host is in its ASCII form, so that a look-alike shows. Null when it is no link: another scheme, a name or password before the
 *   host, more than 2,048 characters, anything that hides.
 */
export function safeLink(written) {
    if (written.length > longest || hidden.test(written) || notInLinks.test(written) || !/^(https?:\/\/|mailto:)/i.test(written)) return null;
    let url;
    try {
        url = new URL(written);
    } catch {
        return null;
    }
    if (!schemes.has(url.protocol) || url.username !== '' || url.password !== '') return null;
    if (url.protocol === 'mailto:') {
        const address = url.pathname;
        return /^[^@\s]+@[^@\s]+$/.test(address) ? { href: url.href, place: address } : null;
    }
    return url.hostname === '' ? null : { href: url.href, place: url.host };
}

/**
 * Whether a label claims another place than the link leads to: `[bank.example](https://evil.example)`.
 * @param {string} label @param {string} place
 */
export function isMisleading(label, place) {
    const claimed = /^\s*(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^\s/@]*@)?([^\s/@:?#]+\.[^\s/@:?#.]{2,})(?:[:/?#]|\s*$)/iu.exec(label);
    if (hidden.test(label)) return true;
    return claimed !== null && claimed[1].toLowerCase() !== place.toLowerCase().replace(/:\d+$/, '');
}

/** What may follow a link in a sentence and does not belong to it. */
const trailing = new Set([...'.,:;!?\'"*~_)]}»”’…']);
const pairs = { ')': '(', ']': '[', '}': '{' };

/**
 * Where the bare link ends that begins at `start`: before a blank, and without the punctuation of the sentence around it. A closing
 * bracket belongs to the link when it was opened in it.
 * @param {string} text @param {number} start @returns {number}
 */
export function endOfBareLink(text, start) {
    let end = start;
    const open = { '(': 0, '[': 0, '{': 0 };
    while (end < text.length && !/[\s<>"`]/.test(text[end])) {
        const character = text[end];
        if (character in open) open[character] += 1;
        else if (character in pairs) open[pairs[character]] -= 1;
        end += 1;
    }
    while (end > start && trailing.has(text[end - 1])) {
        const bracket = pairs[text[end - 1]];
        if (bracket && open[bracket] >= 0) break;
        if (bracket) open[bracket] += 1;
        end -= 1;
    }
    return end;
}
