/**
 * @file The application: its parts, and the actions that views may ask for. Made once by main.js; views reach it through `View.home`.
 */

/**
 * @typedef {object} Home
 * @property {import('./store/store.js').Store} store
 * @property {Actions} actions
 * @property {(key: string, values?: Record<string, string|number>) => string} t
 */

/**
 * Actions that return a promise reject with a `Failure` (store/types.js); the others never fail.
 * @typedef {object} Actions
 * @property {(form: {username: string, password: string}) => Promise<void>} signIn
 * @property {(form: {username: string, password: string, registrationToken: string|null}) => Promise<void>} register
 * @property {() => Promise<void>} signOut
 * @property {(route: import('./store/types.js').Route) => void} navigate
 * @property {(address: string, text: string, options?: {replyTo?: string}) => void} send
 * @property {(nonce: string) => void} retry
 * @property {(nonce: string) => void} cancel
 * @property {(address: string, text: string) => void} saveDraft
 * @property {(address: string) => Promise<void>} loadOlder  one page of history before the first loaded message
 * @property {(address: string) => Promise<void>} loadNewer  what is missing behind the last loaded message
 * @property {(address: string, seq: number) => void} markRead
 * @property {(address: string) => Promise<{state: 'pending'|'queued'|'friends'}>} requestFriend
 * @property {(requestId: string) => Promise<void>} acceptRequest
 * @property {(requestId: string) => Promise<void>} declineRequest
 * @property {(requestId: string) => Promise<void>} withdrawRequest
 * @property {(address: string) => Promise<void>} removeFriend
 * @property {() => Promise<Array<{id: string, label: string|null, createdAt: string, lastUsedAt: string, expiresAt: string, current: boolean}>>} sessions
 * @property {(id: string) => Promise<void>} revokeSession
 * @property {() => Promise<number>} revokeOtherSessions
 * @property {(form: {current: string, next: string}) => Promise<void>} changePassword
 * @property {(key: string, value: any) => void} setPreference
 * @property {() => Promise<'granted'|'denied'|'unavailable'>} enableNotifications
 * @property {(toast: {kind: 'info'|'success'|'warning'|'error', text: string, action?: object|null}) => void} toast
 * @property {(id: string) => void} dismissToast
 * @property {() => void} reconnect  at once, instead of waiting for the next try
 * @property {() => void} reload  the page, for a newer client
 * @property {(text: string) => Promise<void>} copy  to the clipboard; says so with a toast, and says clearly when it is refused
 */

export {};
