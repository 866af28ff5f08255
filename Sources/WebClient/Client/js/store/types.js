/**
 * @file The shape of the client's state: one tree, replaced and never changed in place. Views read it, only the reducer writes it.
 *
 * An address is a user's id, `alice@alpha.example`. A conversation is known by the address of the other one, because it exists for the
 * page before the homeserver has given it an id.
 */

/** @typedef {string} Address */

/**
 * @typedef {object} State
 * @property {'starting'|'signed-out'|'signed-in'} phase  `starting`: not yet known whether the cookie is good
 * @property {Account|null} account
 * @property {Server|null} server
 * @property {Link} link
 * @property {ReadonlyMap<Address, Conversation>} conversations
 * @property {ReadonlyMap<Address, Friend>} friends
 * @property {ReadonlyMap<string, FriendRequest>} requests  by request id
 * @property {ReadonlyMap<Address, Presence>} presence  of friends, as it was told last; whose status is not known is not in it
 * @property {OwnStatus|null} own  null: this homeserver has no statuses
 * @property {ReadonlyMap<Address, Person>|null} blocks  whom one has blocked; null: this homeserver has no blocks
 * @property {Route} route
 * @property {ReadonlyArray<Toast>} toasts  oldest first, at most 5
 * @property {ReadonlyArray<Condition>} conditions  what holds until it is over: shown as banners
 * @property {Preferences} preferences
 * @property {ReadonlyMap<string, Delivery>} earlyDeliveries  by message id: told of before its message was loaded; at most 200
 * @property {number} malformed  how many frames and pages were dropped because they are not what the protocol says
 */

/** @typedef {{address: Address, username: string, server: string}} Account */

/**
 * What the homeserver says of itself (`GET /api/v1/limits`, `hello`).
 * @typedef {object} Server
 * @property {string} name
 * @property {'closed'|'token'|'open'} registration
 * @property {Record<string, number>} limits
 */

/**
 * The socket, as a person cares about it.
 * @typedef {object} Link
 * @property {'idle'|'connecting'|'live'|'waiting'|'ended'} status  `waiting`: until `retryAt`; `ended`: it will not come back by itself
 * @property {number|null} lostAt  when it was lost (ms), null while live; a banner shows 2 s later
 * @property {number|null} retryAt
 * @property {string|null} reason  of `ended`: revoked, refused, too_many, protocol, outdated, other_account
 */

/**
 * @typedef {object} Conversation
 * @property {Address} address
 * @property {string} username
 * @property {string|null} incarnation  of the homeserver's database whose numbers these are
 * @property {string|null} conversationId
 * @property {boolean} writable  false once the two are no friends
 * @property {number} lastSeq  the newest number that the homeserver has told of
 * @property {number} readSeq
 * @property {number} unread
 * @property {Preview|null} preview
 * @property {ReadonlyArray<Message>} messages  ascending by seq; nothing is missing between the first and the last of them
 * @property {boolean} complete  the first message of the conversation is among them
 * @property {number} loadedSeq  there is nothing between the first of them and this number that is not among them; 0 when none are loaded
 * @property {boolean} stale  `loadedSeq < lastSeq`: there is something behind the last of them that has not been loaded
 * @property {'older'|'newer'|null} loading
 * @property {Failure|null} loadFailure
 * @property {ReadonlyArray<Outgoing>} outgoing  in the order of writing
 * @property {string} draft
 * @property {Place|null} place  where one read when one left it; null at its end
 */

/** A row by its key, and how far (px) it stood below the window's upper edge. @typedef {{key: string, offset: number}} Place */

/** @typedef {{fromAddress: Address, text: string, timestamp: string, seq: number, truncated: boolean}} Preview */

/**
 * @typedef {object} Message
 * @property {string} messageId
 * @property {number} seq
 * @property {number} n
 * @property {Address} fromAddress
 * @property {boolean} own
 * @property {string} text
 * @property {string} timestamp  RFC 3339
 * @property {string|null} replyTo  a message id
 * @property {string|null} nonce  of one's own
 * @property {Delivery|null} delivery  of one's own to another homeserver
 */

/** @typedef {{server: string, state: 'queued'|'delayed'|'delivered'|'failed', reason: string|null}} Delivery */

/**
 * What was written here and has no number yet; kept in the outbox until it has.
 * @typedef {object} Outgoing
 * @property {string} nonce
 * @property {Address} address
 * @property {string} text
 * @property {string|null} replyTo
 * @property {number} createdAt  ms
 * @property {'pending'|'failed'} state
 * @property {Failure|null} failure
 */

/**
 * Why something did not work. `code` is the homeserver's, or one of ours: network, storage, outdated, expired, other_account, outbox_full.
 * @typedef {{code: string, message: string, field: string|null, retryAfterMs: number|null}} Failure
 */

/** @typedef {{address: Address, username: string, since: string}} Friend */

/** @typedef {{address: Address, username: string}} Person */

/** @typedef {{status: 'online'|'offline', lastSeen: string|null}} Presence  `lastSeen` (RFC 3339): null while online, when it is hidden or not known */

/** @typedef {{status: 'online'|'offline'|'invisible', showLastSeen: boolean|null}} OwnStatus  `showLastSeen`: null when the homeserver does not say */

/**
 * @typedef {object} FriendRequest
 * @property {string} requestId
 * @property {Address} address
 * @property {string} username
 * @property {'incoming'|'outgoing'} direction
 * @property {'pending'|'queued'} state
 * @property {string} timestamp
 */

/** @typedef {{view: 'home'|'conversation'|'friends'|'settings', address: Address|null}} Route */

/**
 * @typedef {object} Toast
 * @property {string} id
 * @property {'info'|'success'|'warning'|'error'} kind
 * @property {string} text  already in the reader's language
 * @property {ReadonlyArray<ToastAction>} actions  what one can do at once; any of them dismisses it
 * @property {{requestId: string}|{unreadOf: Address}|null} about  it goes once that is answered or read, wherever that is done
 * @property {number} expiresAt  ms; Infinity stays until it is dismissed
 */

/** @typedef {{label: string, route?: Route, run?: () => void}} ToastAction */

/** @typedef {{id: 'outdated'|'storage'|'other-account'|'too-many-tabs', detail: string|null}} Condition */

/**
 * @typedef {object} Preferences
 * @property {'system'|'light'|'dark'} theme
 * @property {'system'|'more'} contrast
 * @property {'system'|'en'|'de'} language
 * @property {boolean} sounds
 * @property {boolean} desktop  desktop notifications are wanted
 */

export {};
