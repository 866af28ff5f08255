/** @file The homeserver's rules for a new password, said before it is sent. A problem is a key of the catalogue. */

const shortest = 8;
const longest = 256;

/** @param {string} password @param {string} username @returns {string|null} */
export function passwordProblem(password, username) {
    const codePoints = [...password.normalize('NFC')];
    if (codePoints.length < shortest) return 'password.short';
    if (codePoints.length > longest) return 'password.long';
    if (/\p{Cc}/u.test(password)) return 'password.control';
    return password === username ? 'password.name' : null;
}
