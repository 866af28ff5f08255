/** @file Whom a person means by a few letters. Pure. */

/** @typedef {{address: string, username: string, unread: number, at: number, channel?: {id: string, community: string, communityName: string}}} Person  `at`: when something happened last (ms), 0 for never; a channel's address is made of its name and its community's */

const most = 50;

/** @param {string} text */
function folded(text) {
    return text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
}

/**
 * How well a query fits somebody: 4 the name itself, 3 it begins so, 2 a part of it does, 1 it is somewhere in the address or its letters
 * are in the name in this order, 0 not at all.
 * @param {string} query  folded @param {Person} person
 */
export function fit(query, { address, username }) {
    if (query === '') return 1;
    const name = folded(username);
    if (name === query || address === query) return 4;
    if (name.startsWith(query) || address.startsWith(query)) return 3;
    if (address.split(/[@._-]/).some((part) => part.startsWith(query))) return 2;
    return address.includes(query) || isScattered(query, name) ? 1 : 0;
}

/** Whether the letters stand in the name in this order, with others between. @param {string} query @param {string} name */
function isScattered(query, name) {
    let at = 0;
    for (const letter of query) {
        at = name.indexOf(letter, at) + 1;
        if (at === 0) return false;
    }
    return query.length > 1;
}

/**
 * @param {string} query @param {ReadonlyArray<Person>} people
 * @returns {Person[]} at most 50, the best first; among equals those who wrote last, then by name
 */
export function matches(query, people) {
    const wanted = folded(query.trim().replace(/^@/, ''));
    return people
        .map((person) => ({ person, score: fit(wanted, person) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score || b.person.at - a.person.at || (a.person.address < b.person.address ? -1 : 1))
        .slice(0, most)
        .map(({ person }) => person);
}
