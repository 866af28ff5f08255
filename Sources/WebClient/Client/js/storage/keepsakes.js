/** @file Preferences of this browser in localStorage, and whose account was signed in here last. Neither is a secret. */

import { validPreferences } from '../store/interface.js';

const preferencesKey = 'home.preferences';
const accountKey = 'home.account';

/** @typedef {import('../store/types.js').Account} Account */

export class Keepsakes {
    #storage;

    /** @param {() => Storage} storage  throws where it is refused */
    constructor(storage) {
        this.#storage = storage;
    }

    /** @returns {Partial<import('../store/types.js').Preferences>} */
    get preferences() {
        return validPreferences(this.#read(preferencesKey));
    }

    /** @param {import('../store/types.js').Preferences} preferences @returns {boolean} whether they are kept */
    keepPreferences(preferences) {
        return this.#write(preferencesKey, preferences);
    }

    /** Whose conversations to show before the homeserver has said who is signed in. @returns {Account|null} */
    get account() {
        const { address, username, server } = this.#read(accountKey) ?? {};
        const isAccount = [address, username, server].every((part) => typeof part === 'string') && address === `${username}@${server}`;
        return isAccount ? { address, username, server } : null;
    }

    /** Whether somebody was signed in here when the page was last open. Where nothing can be read, nobody knows: then yes. */
    get mayBeSignedIn() {
        try {
            return this.#storage().getItem(accountKey) !== null;
        } catch {
            return true;
        }
    }

    /** @param {Account|null} account */
    keepAccount(account) {
        this.#write(accountKey, account);
    }

    /** Tells when another tab changed the preferences. @param {EventTarget} window @param {() => void} changed */
    watch(window, changed) {
        window.addEventListener('storage', (event) => {
            if (/** @type {StorageEvent} */ (event).key === preferencesKey) changed();
        });
    }

    /** @param {string} key @returns {any} */
    #read(key) {
        try {
            return JSON.parse(this.#storage().getItem(key) ?? 'null');
        } catch {
            return null;
        }
    }

    /** @param {string} key @param {any} value */
    #write(key, value) {
        try {
            if (value === null) this.#storage().removeItem(key);
            else this.#storage().setItem(key, JSON.stringify(value));
            return true;
        } catch {
            return false;
        }
    }
}
