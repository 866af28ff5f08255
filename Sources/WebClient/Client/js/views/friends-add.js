/** @file The form that asks somebody to be a friend, by address; stands with the friends and in the first steps. */

import { h, icon } from '../ui/dom.js';
import { button } from '../components/button.js';
import { field } from '../components/field.js';
import { readAddress } from '../text/address.js';
import { failureText } from '../text/problems.js';

/** @typedef {import('../store/types.js').Failure} Failure */

/** @param {import('../home.js').Home} home */
export function addFriendForm(home) {
    const { t, store, actions } = home;
    const own = /** @type {import('../store/types.js').Account} */ (store.state.account);
    const address = field({ label: t('friends.address'), name: 'address', autocomplete: 'off', maxlength: 290, placeholder: t('friends.address-example'), hint: t('friends.address-hint', { server: own.server }) });
    const send = button({ label: t('friends.ask'), icon: 'user-plus', kind: 'primary', type: 'submit' });
    const outcome = h('p.outcome', { role: 'status' });
    const form = h('form.add-friend', { novalidate: true }, address, send, outcome);
    address.input.addEventListener('input', () => outcome.replaceChildren());

    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        if (send.busy) return;
        outcome.replaceChildren();
        const read = readAddress(address.value, own.server);
        const problem = read.problem ?? known(home, read.address);
        if (problem) return refuse(t(problem, { address: read.address ?? '' }));
        const whom = /** @type {string} */ (read.address);
        send.busy = true;
        try {
            const { state } = await actions.requestFriend(whom);
            outcome.replaceChildren(icon('check'), h('span', null, t(`friends.asked-${state}`, { address: whom, server: whom.slice(whom.indexOf('@') + 1) })));
            address.value = '';
            address.input.focus();
        } catch (error) {
            refuse(askText(t, /** @type {Failure} */ (error), whom));
        } finally {
            send.busy = false;
        }
    });

    /** @param {string} text */
    function refuse(text) {
        address.showProblem(text);
        address.input.focus();
    }
    return form;
}

/** What is known without asking the homeserver. @param {import('../home.js').Home} home @param {string|null} address @returns {string|null} */
function known({ store: { state } }, address) {
    if (address === state.account?.address) return 'friends.is-yourself';
    if (state.friends.has(address ?? '')) return 'friends.is-friend';
    if (state.blocks?.has(address ?? '')) return 'friends.is-blocked';
    const asked = [...state.requests.values()].some((request) => request.address === address && request.direction === 'outgoing');
    return asked ? 'friends.is-asked' : null;
}

/** @param {(key: string, values?: object) => string} t @param {Failure} failure @param {string} address */
function askText(t, failure, address) {
    if (failure.code === 'not_found') return t('friends.unknown', { address });
    if (failure.code === 'conflict') return t('friends.is-friend', { address });
    return failureText(t, failure);
}
