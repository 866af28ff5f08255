/** @file How long a message may be, as the homeserver counts (docs/client-api.md): code points and bytes of UTF-8. */

export const mostCodePoints = 4000;
export const mostBytes = 16_384;

const encoder = new TextEncoder();

/** What is sent of what was written: without blank lines before it and blanks behind it, and without what JSON and the homeserver refuse. @param {string} text */
export function sendable(text) {
    const whole = text.replaceAll('\u0000', '').toWellFormed().trimEnd();
    const firstCharacter = whole.length - whole.trimStart().length;
    return whole.slice(whole.lastIndexOf('\n', firstCharacter - 1) + 1);
}

/**
 * How much room there is. One character of an emoji or of Chinese takes three or four bytes, so the bytes may end first.
 * @param {string} text @returns {number} characters that still fit; negative: too many
 */
export function roomFor(text) {
    // No count is needed for what is far from both limits.
    if (text.length * 3 < mostCodePoints) return mostCodePoints - text.length;
    const points = mostCodePoints - [...text].length;
    const bytes = mostBytes - encoder.encode(text).length;
    return Math.min(points, bytes < 0 ? Math.floor(bytes / 4) : Math.max(0, bytes));
}
