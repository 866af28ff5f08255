/** @file Addresses, `name@server`, as the homeserver reads them. A problem is a key of the catalogue. */

const longestName = 32;
const longestServer = 253;
const longestLabel = 63;

/** What is wrong with a name that somebody chooses. @param {string} name @returns {string|null} */
export function nameProblem(name) {
    if (name === '') return 'address.name-missing';
    if (name.length > longestName) return 'address.name-long';
    return /^[a-z0-9._-]+$/.test(name) ? null : 'address.name-characters';
}

/** What is wrong with a homeserver's name. @param {string} server @returns {string|null} */
export function serverProblem(server) {
    if (server === '') return 'address.server-missing';
    const labels = server.split('.');
    const isName = labels.every((label) => label.length <= longestLabel && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label));
    return isName && server.length <= longestServer && !/^\d+$/.test(labels[labels.length - 1]) ? null : 'address.server-wrong';
}

/**
 * Reads an address as people write it: spaces around it, capitals and a leading @ do no harm, and one's own server may be left out.
 * @param {string} text
 * @param {string} ownServer
 * @returns {{address: string, problem: null}|{address: null, problem: string}}
 */
export function readAddress(text, ownServer) {
    const [name, ...rest] = text.trim().replace(/^@/, '').toLowerCase().split('@');
    const server = rest.length === 0 ? ownServer : rest.join('@');
    const problem = nameProblem(name) ?? serverProblem(server);
    return problem ? { address: null, problem } : { address: `${name}@${server}`, problem: null };
}

/** @param {string} address */
export function serverOf(address) {
    return address.slice(address.indexOf('@') + 1);
}
