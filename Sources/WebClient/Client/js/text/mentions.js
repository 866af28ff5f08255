/** @file Mentions in a text: `@name`, `@name@server`, `@a role`, `@everyone`. The text has the words, the message beside it whom they mean. Pure. */

/** The most that a message may mention. */
const most = 50;

/** What may stand on either side of a name: nothing that would make it a part of another one. */
const before = String.raw`(?<![\p{L}\p{N}@])`;
const behind = String.raw`(?![\p{L}\p{N}_]|[.@-][\p{L}\p{N}])`;

/**
 * Finds these names with their @, as what `split` puts between the rest.
 * @param {ReadonlyArray<string>} names  without the @
 * @returns {RegExp|null}  null when there are none
 */
export function mentionPattern(names) {
    if (names.length === 0) return null;
    // Of two names the longer one is meant, where one begins like the other.
    // A hyphen means nothing outside of a class, and must not be escaped there (ECMA-262, IdentityEscape with `u`).
    const longestFirst = [...new Set(names)].sort((a, b) => b.length - a.length).map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
    return new RegExp(`${before}(@(?:${longestFirst.join('|')}))${behind}`, 'giu');
}

/**
 * Whom a text means.
 * @param {string} text
 * @param {{people: ReadonlyMap<string, string>, roles: ReadonlyArray<{name: string, id: string}>}} known  `people`: addresses by what is written for them, in small letters
 * @returns {string[]} addresses, ids of roles, `everyone`; each once, at most 50
 */
export function meant(text, { people, roles }) {
    const found = new Set();
    for (const [, written] of text.matchAll(/(?<![\p{L}\p{N}@])@([a-z0-9._-]{1,32}(?:@[a-z0-9.-]{1,253})?)/giu)) {
        // A full stop behind a name ends the sentence.
        for (let name = written.toLowerCase(); name !== ''; name = name.slice(0, -1)) {
            const address = people.get(name);
            if (address) found.add(address);
            if (address || !name.endsWith('.')) break;
        }
    }
    const pattern = mentionPattern(roles.map(({ name }) => name));
    const ids = new Map(roles.map(({ name, id }) => [name.toLowerCase(), id]));
    for (const [, written] of pattern ? text.matchAll(pattern) : []) found.add(ids.get(written.slice(1).toLowerCase()) ?? '');
    found.delete('');
    return [...found].slice(0, most);
}

/** What may become a mention: the word at the caret with its @, or ''. @param {string} text  up to the caret */
export function mentionWord(text) {
    return /(?:^|[\s([{"'“„*_])(@[^\s@]{0,64}(?:@[^\s@]{0,253})?)$/u.exec(text)?.[1] ?? '';
}
