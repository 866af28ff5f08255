/** @file Blocking somebody, wherever a menu offers it, and taking it back: the question, and what is said afterwards. */

import { confirmDialog } from '../components/dialog.js';
import { attempt } from './attempt.js';

/** @typedef {import('../home.js').Home} Home @typedef {import('../store/types.js').Person} Person */

/** What a menu offers about blocks: nothing at a homeserver that has none. @param {Home} home @param {Person} person @returns {import('../components/menu.js').MenuItem[]} */
export function blockItems(home, person) {
    const { t, store } = home;
    const { blocks } = store.state;
    if (!blocks) return [];
    return blocks.has(person.address)
        ? [{ label: t('blocks.unblock'), icon: 'block', onselect: () => void unblock(home, person) }]
        : [{ label: t('blocks.block'), icon: 'block', danger: true, onselect: () => void block(home, person) }];
}

/** @param {Home} home @param {Person} person */
async function block(home, { address, username }) {
    const { t, store, actions } = home;
    const isFriend = store.state.friends.has(address);
    const isSure = await confirmDialog({
        title: t('blocks.title', { name: username }),
        text: t(isFriend ? 'blocks.text-friend' : 'blocks.text', { address }),
        confirm: t('blocks.block'),
        danger: true,
    });
    if (!isSure || !(await attempt(home, () => actions.block(address)))) return;
    actions.toast({ kind: 'success', text: t('blocks.done', { address }) });
}

/** @param {Home} home @param {Person} person @param {{busy: boolean}|null} [by] */
export async function unblock(home, { address }, by = null) {
    const { t, actions } = home;
    if (await attempt(home, () => actions.unblock(address), by)) actions.toast({ kind: 'success', text: t('blocks.undone', { address }) });
}
