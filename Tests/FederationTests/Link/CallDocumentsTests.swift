import Federation
import Home
import Testing
import Wire

/// Calls and their answers: what one side writes the other reads, and nothing else passes.
struct CallDocumentsTests {
    private static let origin = ServerName("b.example")

    private func read(_ body: String) throws -> CarriedCall {
        try CarriedCall(body: Array(body.utf8), from: try #require(CallDocumentsTests.origin))
    }

    private func answer(_ body: String) throws -> CarriedAnswer {
        try CarriedAnswer(answer: Array(body.utf8))
    }

    @Test func `a call goes both ways`() throws {
        let call = CarriedCall(
            user: try #require(UserID("bob@b.example")), method: "PATCH", target: "/api/v1/servers/x?a=%20b",
            body: Array(#"{"name":"é\n","list":[1,{"x":null}]}"#.utf8))
        let text =
            #"{"v":1,"user":"bob@b.example","method":"PATCH","target":"/api/v1/servers/x?a=%20b","#
            + #""body":{"name":"é\n","list":[1,{"x":null}]}}"#
        #expect(String(decoding: JSONWriter.bytes(of: call), as: UTF8.self) == text)
        #expect(try read(text) == call)
        let bare = CarriedCall(user: call.user, method: "GET", target: "/api/v1/servers/x")
        #expect(try read(String(decoding: JSONWriter.bytes(of: bare), as: UTF8.self)) == bare)
    }

    @Test(
        "a call that is none is refused",
        arguments: [
            #"{"v":1,"user":"bob@c.example","method":"GET","target":"/"}"#,
            #"{"v":1,"user":"bob","method":"GET","target":"/"}"#, #"{"v":1,"method":"GET","target":"/"}"#,
            #"{"v":1,"user":"bob@b.example","target":"/"}"#, #"{"v":1,"user":"bob@b.example","method":"GET"}"#,
            #"{"v":1,"user":"bob@b.example","method":"GET","target":"/","body":[]}"#,
            #"{"v":1,"user":"bob@b.example","method":"GET","target":"/","body":"x"}"#,
            #"{"v":1,"user":"bob@b.example","method":"MUCH-LONGER-THAN-ANY","target":"/"}"#,
            "{\"v\":1,\"user\":\"bob@b.example\",\"method\":\"GET\",\"target\":\"\(String(repeating: "x", count: 8193))\"}",
        ])
    func noCall(_ body: String) {
        let error = #expect(throws: FederationError.self) { try read(body) }
        #expect(error?.status == 400)
    }

    @Test func `a call of another version is told so`() {
        #expect(throws: FederationError.version) {
            try read(#"{"v":2,"user":"bob@b.example","method":"GET","target":"/"}"#)
        }
    }

    @Test func `an answer goes both ways`() throws {
        let answers = [
            CarriedAnswer(status: 200, body: Array(#"{"a":[1]}"#.utf8), lane: .init(epoch: "E1", seq: 42)),
            CarriedAnswer(status: 204, body: nil, lane: .init(epoch: "E1", seq: 0)),
            CarriedAnswer(status: 404, body: Array(#"{"code":"not_found","message":"no"}"#.utf8), lane: nil),
        ]
        let texts = [
            #"{"status":200,"body":{"a":[1]},"lane":{"epoch":"E1","seq":42}}"#,
            #"{"status":204,"lane":{"epoch":"E1","seq":0}}"#,
            #"{"status":404,"body":{"code":"not_found","message":"no"}}"#,
        ]
        for (value, text) in zip(answers, texts) {
            #expect(String(decoding: JSONWriter.bytes(of: value), as: UTF8.self) == text)
            #expect(try answer(text) == value)
        }
    }

    @Test(
        "an answer that no client could be given is none",
        arguments: [
            #"{"status":401,"body":{}}"#, #"{"status":302,"body":{}}"#, #"{"status":200}"#,
            #"{"status":204,"body":{}}"#,
            #"{"status":200,"body":[]}"#, #"{"status":"200","body":{}}"#, #"{"body":{}}"#, #"[]"#, "",
            #"{"status":200,"body":{},"lane":{"epoch":"a/b","seq":1}}"#,
            #"{"status":200,"body":{},"lane":{"epoch":"E","seq":-1}}"#,
            #"{"status":200,"body":{},"lane":7}"#,
        ])
    func noAnswer(_ body: String) {
        #expect(throws: PeerFailure.self) { try answer(body) }
    }

    @Test func `an answer may have more values than a client's text`() throws {
        let many = "[" + Array(repeating: "1", count: 90_000).joined(separator: ",") + "]"
        #expect(try answer(#"{"status":200,"body":{"a":\#(many)}}"#).status == 200)
    }

    @Test func `calls have a route`() {
        #expect(FederationRoute(method: "POST", path: "/federation/v1/calls") == .calls)
        #expect(FederationRoute(method: "GET", path: "/federation/v1/calls") == nil)
        #expect(FederationRoute(method: "POST", path: "/federation/v1/calls/") == nil)
    }
}
