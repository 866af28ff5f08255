import Home
import Support
import Testing
import Wire

@testable import ClientAPI

/// Friends and friend requests over real HTTP.
struct HTTPFriendTests {
    @Test("a request is sent, listed on both sides, accepted, and the friendship ended")
    func befriend() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let bob = try await server.signedIn("bob")
            let sent = try await alice.send("POST", "/api/v1/friend-requests", #"{"user_id":"bob@alpha.example"}"#)
            #expect(sent.status == 201)
            #expect(try problems(sent, "http-friend-request-receipt.json") == [])
            #expect(try sent.object?.string("receiver_id") == "bob@alpha.example")
            #expect(try sent.object?.string("state") == "pending")
            let id = try #require(try sent.object?.string("request_id"))

            for (person, direction, other) in [(alice, "outgoing", "bob"), (bob, "incoming", "alice")] {
                let list = try await person.send("GET", "/api/v1/friend-requests")
                #expect(try problems(list, "http-friend-requests.json") == [])
                let entries = try #require(try list.object?.objects("friend_requests"))
                #expect(try entries.map { try $0.string("request_id") } == [id])
                #expect(try entries.map { try $0.string("direction") } == [direction])
                #expect(try entries.map { try $0.string("username") } == [other])
            }
            let own = try await alice.send("POST", "/api/v1/friend-requests/\(id)/accept")
            #expect(own.status == 404, "one cannot accept one's own request")

            #expect(try await bob.send("POST", "/api/v1/friend-requests/\(id)/accept").status == 204)
            for (person, other) in [(alice, "bob@alpha.example"), (bob, "alice@alpha.example")] {
                let list = try await person.send("GET", "/api/v1/friends")
                #expect(try problems(list, "http-friends.json") == [])
                #expect(try list.object?.objects("friends").map { try $0.string("user_id") } == [other])
                #expect(try await person.send("GET", "/api/v1/friend-requests").text == #"{"friend_requests":[]}"#)
            }
            let again = try await alice.send("POST", "/api/v1/friend-requests", #"{"user_id":"bob"}"#)
            #expect(again.status == 409)

            #expect(try await alice.send("DELETE", "/api/v1/friends/bob%40alpha.example").status == 204)
            #expect(try await bob.send("GET", "/api/v1/friends").text == #"{"friends":[]}"#)
            #expect(try await bob.send("DELETE", "/api/v1/friends/alice").status == 404)
        }
    }

    @Test("a request is declined by its receiver or withdrawn by its sender")
    func endRequest() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let bob = try await server.signedIn("bob")
            for (method, suffix, by) in [("POST", "/decline", bob), ("DELETE", "", alice)] {
                let sent = try await alice.send("POST", "/api/v1/friend-requests", #"{"user_id":"bob"}"#)
                let id = try #require(try sent.object?.string("request_id"))
                let path = "/api/v1/friend-requests/\(id)" + suffix
                let other = by.token == bob.token ? alice : bob
                #expect(try await other.send(method, path).status == 404)
                #expect(try await by.send(method, path).status == 204)
                #expect(try await by.send(method, path).status == 404)
                #expect(try await bob.send("GET", "/api/v1/friend-requests").text == #"{"friend_requests":[]}"#)
            }
        }
    }

    @Test("crossing requests make friends; a request to another homeserver is queued")
    func states() async throws {
        try await HTTPTestServer.run { server in
            let alice = try await server.signedIn("alice")
            let bob = try await server.signedIn("bob")
            _ = try await alice.send("POST", "/api/v1/friend-requests", #"{"user_id":"bob"}"#)
            let crossing = try await bob.send("POST", "/api/v1/friend-requests", #"{"user_id":"alice"}"#)
            #expect(crossing.status == 201)
            #expect(try crossing.object?.string("state") == "friends")
            let remote = try await alice.send("POST", "/api/v1/friend-requests", #"{"user_id":"carol@beta.example"}"#)
            #expect(remote.status == 201)
            #expect(try problems(remote, "http-friend-request-receipt.json") == [])
            #expect(try remote.object?.string("state") == "queued")
            let list = try await alice.send("GET", "/api/v1/friend-requests")
            #expect(try problems(list, "http-friend-requests.json") == [])
            #expect(try list.object?.objects("friend_requests").map { try $0.string("state") } == ["queued"])
        }
    }
}
