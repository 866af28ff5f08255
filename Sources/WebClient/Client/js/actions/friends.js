/** @file Actions between people: friends, requests, blocks, messages. What they change comes back by frames. */

import { Failed } from '../connection/api.js';
import { isRequestList } from '../store/frames.js';
import { nonceOfRetry } from '../store/outgoing.js';

/** @typedef {import('../home.js').Application} Application */

/** @param {Application} app */
export function friendActions(app) {
    /** @param {string} id */
    const request = (id) => `/friend-requests/${encodeURIComponent(id)}`;
    /** @param {string} address */
    const block = (address) => `/blocks/${encodeURIComponent(address)}`;
    return {
        /** @param {string} address @returns {Promise<{state: 'pending'|'queued'|'friends'}>} */
        requestFriend: async (address) => {
            const { state } = await app.api.post('/friend-requests', { user_id: address });
            if (!['pending', 'queued', 'friends'].includes(state)) throw new Failed('internal', 'the homeserver did not say what became of it');
            return { state };
        },
        /** @param {string} id */
        acceptRequest: async (id) => void (await app.api.post(`${request(id)}/accept`)),
        /** @param {string} id */
        declineRequest: async (id) => void (await app.api.post(`${request(id)}/decline`)),
        /** @param {string} id */
        withdrawRequest: async (id) => void (await app.api.delete(request(id))),
        /** @param {string} address */
        removeFriend: async (address) => void (await app.api.delete(`/friends/${encodeURIComponent(address)}`)),
        /** @param {string} address */
        block: async (address) => void (await app.api.put(block(address))),
        /** @param {string} address */
        unblock: async (address) => void (await app.api.delete(block(address))),
        refreshRequests: async () => {
            const requests = await app.api.list('/friend-requests', 'friend_requests').catch(() => null);
            if (requests && isRequestList(requests)) app.store.dispatch({ type: 'requests-listed', requests });
        },
        /** @param {string} address @param {string} text @param {{replyTo?: string, mentions?: string[]}} [options] */
        send: (address, text, options) => app.session?.outbox.add(address, text, options),
        /** @param {string} address @param {import('../store/types.js').Message} message */
        sendAgain: (address, { messageId, text, replyTo }) => app.session?.outbox.add(address, text, { replyTo, nonce: nonceOfRetry(messageId) }),
        /** @param {string} nonce */
        retry: (nonce) => app.session?.outbox.retry(nonce),
        /** @param {string} nonce */
        cancel: (nonce) => app.session?.outbox.cancel(nonce),
        /** @param {string} address @param {string} text */
        saveDraft: (address, text) => app.session?.drafts.save(address, text),
        /** @param {string} address */
        loadOlder: async (address) => app.session?.history.loadOlder(address),
        /** @param {string} address */
        loadNewer: async (address) => app.session?.history.loadNewer(address),
        /** @param {string} address @param {number} seq */
        markRead: (address, seq) => app.session?.readMarker.mark(address, seq),
    };
}
