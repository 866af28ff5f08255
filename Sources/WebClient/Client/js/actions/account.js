/** @file Actions of signing in and out, sessions and the password. */

import { Failed } from '../connection/api.js';
import { isSessionList } from '../store/frames.js';
import { accountOf } from '../store/session.js';

/** @typedef {import('../home.js').Application} Application */
/** @typedef {Pick<import('../home.js').Actions, 'signIn'|'register'|'signOut'|'sessions'|'revokeSession'|'revokeOtherSessions'|'changePassword'>} AccountActions */

/** @param {Application} app @returns {AccountActions} */
export function accountActions(app) {
    /** @param {string} path @param {object} form */
    const enter = async (path, form) => app.begin(accountOf(await app.api.post(path, { ...form, cookie: true }, { isSigningIn: true })));
    return {
        signIn: ({ username, password }) => enter('/login', { username, password: password.normalize('NFC') }),
        register: ({ username, password, registrationToken }) =>
            enter('/register', { username, password: password.normalize('NFC'), ...(registrationToken && { registration_token: registrationToken }) }),
        signOut: () => signOut(app),
        sessions: async () => {
            const sessions = await app.api.list('/sessions', 'sessions');
            if (!isSessionList(sessions)) throw new Failed('internal', 'the homeserver answered something else than sessions');
            return sessions.map(({ id, label = null, created_at: createdAt, last_used_at: lastUsedAt, expires_at: expiresAt, current }) =>
                ({ id, label, createdAt, lastUsedAt, expiresAt, current }));
        },
        revokeSession: async (id) => void (await app.api.delete(`/sessions/${encodeURIComponent(id)}`)),
        revokeOtherSessions: async () => (await app.api.delete('/sessions')).revoked,
        changePassword: async ({ current, next }) => {
            const form = { current_password: current.normalize('NFC'), new_password: next.normalize('NFC') };
            await app.api.post('/me/password', form, { isSigningIn: true });
        },
    };
}

/** @param {Application} app */
async function signOut(app) {
    const { session, tabs } = app;
    if (!session) return;
    // Before the homeserver closes the socket: that would look like a sign-in that was ended elsewhere.
    session.link.stop();
    try {
        await app.api.post('/logout', undefined, { isSigningIn: true });
    } catch (failure) {
        if (/** @type {any} */ (failure).code !== 'unauthorized') {
            session.link.start(session.account.address);
            throw failure;
        }
    }
    session.stop();
    tabs.post({ kind: 'signed-out', account: session.account.address });
    app.leave();
    app.actions.navigate({ view: 'home', address: null });
    await session.database.destroy();
}
