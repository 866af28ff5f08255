/**
 * @file The shape of the client's state: one tree, replaced and never changed in place. Views read it, only the reducer writes it.
 *
 * An address is a user's id, `alice@alpha.example`. A conversation is known by the address of the other one, because it exists for the
 * page before the homeserver has given it an id; a channel of a community, which always has one, by that. So wherever `address` names a
 * conversation, a channel's id may stand there: it has no @ (`isChannel`). Communities are called servers on the wire.
 */

/** @typedef {string} Address */

/**
 * @typedef {object} State
 * @property {'starting'|'signed-out'|'signed-in'} phase  `starting`: not yet known whether the cookie is good
 * @property {Account|null} account
 * @property {Server|null} server
 * @property {Link} link
 * @property {ReadonlyMap<Address, Conversation>} conversations
 * @property {ReadonlyMap<string, Community>} communities  by id
 * @property {ReadonlyMap<string, Invitation>} invitations  into communities, by invite id
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
 * @property {Address} address  or a channel's id
 * @property {string} username  of the other one, or the channel's name
 * @property {string|null} communityId  of a channel
 * @property {string|null} incarnation  of the homeserver's database whose numbers these are
 * @property {string|null} conversationId
 * @property {boolean} writable  false once the two are no friends, or where one may not write in a channel
 * @property {number} lastSeq  the newest number that the homeserver has told of
 * @property {number} readSeq
 * @property {number} unread
 * @property {number} mentions  those of them that mention one
 * @property {boolean} isMiscounted  frames alone cannot say what is unread (something was deleted that is not loaded, one's roles are others, a channel came into sight): the community is asked
 * @property {Preview|null} preview
 * @property {ReadonlyArray<Message>} messages  ascending by seq; nothing is missing between the first and the last of them
 * @property {boolean} complete  the first message of the conversation is among them
 * @property {boolean} isHistoryHidden  of a channel: one may not read what was said before; what comes is kept, and counts as all there is
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
 * @property {string} fromUsername
 * @property {boolean} own
 * @property {string} text  empty once it was deleted
 * @property {boolean} deleted  by somebody who may, in a channel
 * @property {ReadonlyArray<string>} mentions  addresses, ids of roles, `everyone`
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
 * @property {ReadonlyArray<string>} [mentions]  as of a message
 * @property {string} [communityId]  of the channel into which it was written
 * @property {number} createdAt  ms
 * @property {'pending'|'queued'|'delayed'|'failed'} state  `queued`: the homeserver has it, and the community's home has not answered yet, `delayed`: for long
 * @property {string} [messageId]  once it is queued
 * @property {string} [server]  the community's home, once it is late or has refused it
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

/**
 * A community, and what is known of it once it was asked for.
 * @typedef {object} Community
 * @property {string} communityId
 * @property {string} name
 * @property {Address} owner
 * @property {number} version
 * @property {boolean} isStale  its home is away: what is here may be old
 * @property {boolean} isOutdated  something has changed since `details` was asked for, so it is asked for again
 * @property {number} doubts  how often what was told of it may have become something else without a new version: an answer from before does not say
 * @property {Failure|null} failure  why it could not be asked for
 * @property {number} reportChanges  how often one was told that a report has come or was closed
 * @property {number} memberDoubts  how often something that frames tell of members may have been missed
 * @property {number} memberChanges  how often a frame told something of a member: a page of them from before does not say it
 * @property {string|null} incarnation  of the homeserver's database whose versions these are
 * @property {CommunityDetails|null} details
 * @property {CommunityMembers|null} members  those that were asked for
 */

/**
 * @typedef {object} CommunityDetails
 * @property {number} version  that these are of
 * @property {string|null} description
 * @property {string} host  the homeserver that it lives on
 * @property {string} createdAt
 * @property {number} memberCount
 * @property {ReadonlyArray<string>} permissions  one's own in the community
 * @property {number} position  of one's highest role
 * @property {ReadonlyArray<string>} roleIds  one's own
 * @property {string|null} timedOutUntil  one may not write before
 * @property {ReadonlyArray<Channel>} channels  in their order
 * @property {ReadonlyArray<Role>} roles  the highest first, everyone's last
 */

/** @typedef {{members: ReadonlyMap<Address, Member>, next: string|null}} CommunityMembers  `next`: where the next page begins, null when all are here */

/**
 * @typedef {object} Channel
 * @property {string} channelId
 * @property {'text'|'voice'} kind
 * @property {string} name
 * @property {string|null} topic
 * @property {number} position
 * @property {number} slowModeSeconds
 * @property {boolean} isPrivate
 * @property {ReadonlyArray<{target: string, allow: string[], deny: string[]}>} overrides
 * @property {ReadonlyArray<string>} permissions  one's own in it
 */

/** @typedef {{roleId: string, name: string, permissions: ReadonlyArray<string>, position: number, isEveryone: boolean, color: string|null}} Role */

/**
 * @typedef {object} Member
 * @property {Address} address
 * @property {string} username
 * @property {ReadonlyArray<string>} roleIds
 * @property {string} joinedAt
 * @property {string|null} timedOutUntil
 * @property {'online'|'offline'|null} status  null: nobody can say
 */

/**
 * @typedef {object} Invitation
 * @property {string} invitationId
 * @property {string} communityId
 * @property {string} communityName
 * @property {Address} fromAddress
 * @property {string} fromUsername
 * @property {string} expiresAt
 * @property {boolean} isAccepted  and the community's home has not answered yet
 */

/**
 * `address`: the conversation that is shown, a channel's id with `channel`. `community`: where the view is one of a community's. `part`: of
 * the settings of a community, or the code of a link with `join`.
 * @typedef {object} Route
 * @property {'home'|'conversation'|'friends'|'settings'|'community'|'channel'|'community-settings'|'join'} view
 * @property {Address|null} address
 * @property {string} [community]
 * @property {string} [part]
 */

/**
 * @typedef {object} Toast
 * @property {string} id
 * @property {'info'|'success'|'warning'|'error'} kind
 * @property {string} text  already in the reader's language
 * @property {ReadonlyArray<ToastAction>} actions  what one can do at once; any of them dismisses it
 * @property {{requestId: string}|{invitationId: string}|{unreadOf: Address}|null} about  it goes once that is answered or read, wherever that is done
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
