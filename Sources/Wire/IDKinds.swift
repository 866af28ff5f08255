/// The id of a community, minted by its home; `server_id` on the wire.
package typealias CommunityID = ID<CommunityKind>
/// The id of a role of a community.
package typealias RoleID = ID<RoleKind>
/// The id of an invitation of a person to a community.
package typealias ServerInviteID = ID<ServerInviteKind>
/// The id of a report about a message of a channel.
package typealias ReportID = ID<ReportKind>
/// The id of one message, minted by its author's home.
package typealias MessageID = ID<MessageKind>
/// The id of a conversation. A direct one's never crosses a link; a channel's is its `channel_id`, everywhere.
package typealias ConversationID = ID<ConversationKind>
/// The id of a friend request, which a friendship keeps for as long as it lasts.
package typealias FriendRequestID = ID<FriendRequestKind>
/// The id of a login session, as listed by `/sessions`.
package typealias LoginID = ID<LoginKind>
/// The id of a WebSocket's resumable stream (`ready.session_id`), never that of a login.
package typealias StreamID = ID<StreamKind>
/// The id of a durable event that crosses a link.
package typealias EventID = ID<EventKind>

package enum CommunityKind: Sendable {}
package enum RoleKind: Sendable {}
package enum ServerInviteKind: Sendable {}
package enum ReportKind: Sendable {}
package enum MessageKind: Sendable {}
package enum ConversationKind: Sendable {}
package enum FriendRequestKind: Sendable {}
package enum LoginKind: Sendable {}
package enum StreamKind: Sendable {}
package enum EventKind: Sendable {}
