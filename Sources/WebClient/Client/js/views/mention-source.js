/** @file What `@ali` in a channel's composer may become, and whom a text that is sent means. */

import { avatar } from '../components/avatar.js';
import { shownChannel, shownCommunity } from '../store/selectors.js';
import { serverOf } from '../text/address.js';
import { t } from '../text/catalogue.js';
import { meant, mentionWord } from '../text/mentions.js';
import { h, icon } from '../ui/dom.js';

/** @typedef {import('../store/types.js').State} State */
/** @typedef {{written: string, name: string, detail: string, address: string|null}} Option  `written`: what stands behind the @ */

const most = 8;

/** People of one's own homeserver by their name, others by their address: two may have one name. @param {State} state @param {string} address */
export const writtenFor = ({ account }, address) => (serverOf(address) === account?.server ? address.split('@')[0] : address);

/** The people of the channel that is shown, as far as they are known: its members, and who has written. @param {State} state @returns {Map<string, string>} username by address */
function people(state) {
    const found = new Map();
    for (const { fromAddress, fromUsername, own } of state.conversations.get(state.route.address ?? '')?.messages ?? []) if (!own) found.set(fromAddress, fromUsername);
    for (const { address, username } of shownCommunity(state)?.members?.members.values() ?? []) found.set(address, username);
    return found;
}

/** Whether one may mention more than single people. @param {State} state */
const mayMentionAll = (state) => shownChannel(state)?.permissions.includes('mention_everyone') ?? false;

/** A role is a way to mention many, too. @param {State} state */
const rolesOf = (state) => (mayMentionAll(state) ? (shownCommunity(state)?.details?.roles ?? []).filter(({ isEveryone }) => !isEveryone) : []);

/** Whom a text means that is sent into the channel that is shown. @param {State} state @param {string} text @returns {string[]} */
export function mentionsIn(state, text) {
    const known = people(state);
    const written = new Map([...known.keys()].flatMap((address) => [[address, address], [writtenFor(state, address), address]]));
    const roles = rolesOf(state).map(({ name, roleId }) => ({ name, id: roleId }));
    if (mayMentionAll(state)) roles.push({ name: 'everyone', id: 'everyone' });
    return meant(text, { people: written, roles });
}

/** @param {import('../home.js').Home} home @returns {import('../components/completion.js').Source<Option>} */
export function mentionSource({ store, actions }) {
    /** @param {string} word @returns {Option[]} */
    const known = (word) => {
        const { state } = store;
        const wanted = word.slice(1).toLowerCase();
        const fits = (/** @type {string} */ name) => name.toLowerCase().startsWith(wanted);
        const everyone = mayMentionAll(state) ? [{ written: 'everyone', name: 'everyone', detail: t('mention.everyone'), address: null }] : [];
        const roles = rolesOf(state).map(({ name }) => ({ written: name, name, detail: t('mention.role'), address: null }));
        const members = [...people(state)].map(([address, username]) => ({ written: writtenFor(state, address), name: username, detail: address, address }));
        const others = members.filter(({ address }) => address !== state.account?.address);
        return [...others, ...everyone, ...roles].filter(({ name, written }) => fits(name) || fits(written)).slice(0, most);
    };
    /** Of a large community not all members are here: the homeserver knows the others. @param {string} word @param {string} id */
    const asked = async (word, id) => {
        const found = await actions.findMembers(id, word.slice(1)).catch(() => []);
        for (const member of found) store.dispatch({ type: 'member-known', communityId: id, member });
        return known(word);
    };
    return {
        label: t('mention.title'),
        wordOf: mentionWord,
        find: (word) => {
            const community = shownCommunity(store.state);
            if (!community) return [];
            const found = known(word);
            return community.members?.next && found.length < most && word.length > 1 ? asked(word, community.communityId) : found;
        },
        show: ({ name, detail, address }) => [
            address ? avatar({ address, username: name, size: 'small' }) : icon('friends'),
            h('span.completion-name.truncate', null, h('bdi', null, name), ' ', h('bdi.muted', null, detail)),
        ],
        choose: ({ written }) => `@${written}`,
    };
}
