/** @file Carrying out what a person asks for, where its failure has no place of its own: a toast says it. */

import { failureText } from '../text/problems.js';

/**
 * @param {import('../home.js').Home} home
 * @param {() => Promise<unknown>} act
 * @param {{busy: boolean}|null} [by]  the button that asked; busy until it is over
 * @returns {Promise<boolean>}  whether it worked
 */
export async function attempt({ t, actions }, act, by = null) {
    if (by) by.busy = true;
    try {
        await act();
        return true;
    } catch (failure) {
        actions.toast({ kind: 'error', text: failureText(t, /** @type {any} */ (failure)) });
        return false;
    } finally {
        if (by) by.busy = false;
    }
}
