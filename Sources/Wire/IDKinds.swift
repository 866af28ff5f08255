/// The id of one message, minted by its author's home.
package typealias MessageID = ID<MessageKind>
/// The id of a direct conversation; it never crosses a link.
package typealias ConversationID = ID<ConversationKind>
/// The id of a friend request, which a friendship keeps for as long as it lasts.
package typealias FriendRequestID = ID<FriendRequestKind>
/// The id of a login session, as listed by `/sessions`.
package typealias LoginID = ID<LoginKind>
/// The id of a WebSocket's resumable stream (`ready.session_id`), never that of a login.
package typealias StreamID = ID<StreamKind>
/// The id of a durable event that crosses a link.
package typealias EventID = ID<EventKind>

package enum MessageKind: Sendable {}
package enum ConversationKind: Sendable {}
package enum FriendRequestKind: Sendable {}
package enum LoginKind: Sendable {}
package enum StreamKind: Sendable {}
package enum EventKind: Sendable {}
