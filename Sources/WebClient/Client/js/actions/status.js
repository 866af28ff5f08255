/** @file Actions of one's own status: as what one is seen, and whether friends see when one was here last. */

import { Failed } from '../connection/api.js';
import { isMe } from '../store/frames.js';

/** @typedef {import('../home.js').Application} Application */

/** @param {Application} app @returns {Pick<import('../home.js').Actions, 'setStatus'|'setShowLastSeen'>} */
export function statusActions(app) {
    return {
        setStatus: async (status) => app.session?.ownStatus.set(status),
        setShowLastSeen: async (isShown) => {
            const me = await app.api.patch('/me', { show_last_seen: isShown });
            if (!isMe(me)) throw new Failed('internal', 'the homeserver did not say what became of it');
            app.store.dispatch({ type: 'own-known', me });
        },
    };
}
