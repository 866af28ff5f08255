import Federation
import Home
import Testing
import Wire

/// Questions after statuses and their answers: what one side writes the other reads, and nothing else passes.
struct StatusDocumentsTests {
    private static let community = "019aa000-0000-7000-8000-000000000001"

    private func read(_ body: String) throws -> StatusQuestion {
        try StatusQuestion(body: Array(body.utf8))
    }

    private func answer(_ body: String) throws -> [String] {
        try StatusAnswer(answer: Array(body.utf8)).online.map(\.text)
    }

    private static func question(users: String, v: Int = 1) -> String {
        #"{"v":\#(v),"community_id":"\#(community)","viewer":"alice@a.example","users":\#(users)}"#
    }

    private static func names(_ count: Int) -> String {
        "[" + (0..<count).map { #""u\#($0)@b.example""# }.joined(separator: ",") + "]"
    }

    @Test func `a question goes both ways`() throws {
        let question = StatusQuestion(
            community: try #require(CommunityID(Self.community)), viewer: try #require(UserID("alice@a.example")),
            users: try ["bob@b.example", "eve@c.example"].map { try #require(UserID($0)) })
        let text = Self.question(users: #"["bob@b.example","eve@c.example"]"#)
        #expect(String(decoding: JSONWriter.bytes(of: question), as: UTF8.self) == text)
        #expect(try read(text) == question)
        #expect(try read(Self.question(users: "[]")).users.isEmpty)
        #expect(try read(Self.question(users: Self.names(100))).users.count == 100)
    }

    @Test(
        "a question that is none is refused",
        arguments: [
            question(users: names(101)), question(users: #"["bob"]"#), question(users: #"[7]"#), question(users: "{}"),
            question(users: #""bob@b.example""#), question(users: "null"),
            #"{"v":1,"viewer":"alice@a.example","users":[]}"#,
            #"{"v":1,"community_id":"x","viewer":"alice@a.example","users":[]}"#,
            #"{"v":1,"community_id":"\#(community)","users":[]}"#,
            #"{"v":1,"community_id":"\#(community)","viewer":"alice","users":[]}"#, "[]", "",
        ])
    func noQuestion(_ body: String) {
        let error = #expect(throws: FederationError.self) { try read(body) }
        #expect(error?.status == 400)
    }

    @Test func `a question of another version is told so`() {
        #expect(throws: FederationError.version) { try read(Self.question(users: "[]", v: 2)) }
    }

    @Test func `an answer goes both ways`() throws {
        let online = try ["ann@b.example", "bob@b.example"].map { try #require(UserID($0)) }
        let text = #"{"online":["ann@b.example","bob@b.example"]}"#
        #expect(String(decoding: JSONWriter.bytes(of: StatusAnswer(online: online)), as: UTF8.self) == text)
        #expect(try answer(text) == online.map(\.text))
        #expect(try answer(#"{"online":[],"more":1}"#) == [])
    }

    @Test(
        "an answer that says nothing is none",
        arguments: [
            "{}", "[]", "", #"{"online":{}}"#, #"{"online":["bob"]}"#, #"{"online":[1]}"#, #"{"online":null}"#,
            #"{"online":\#(names(101))}"#,
        ])
    func noAnswer(_ body: String) {
        #expect(throws: PeerFailure.self) { try answer(body) }
    }

    @Test func `questions have a route`() {
        #expect(FederationRoute(method: "POST", path: "/federation/v1/statuses") == .statuses)
        #expect(FederationRoute(method: "GET", path: "/federation/v1/statuses") == nil)
        #expect(FederationRoute(method: "POST", path: "/federation/v1/statuses/x") == nil)
    }
}
