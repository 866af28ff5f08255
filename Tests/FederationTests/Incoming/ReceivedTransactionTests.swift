import Federation
import Home
import Testing
import Wire

/// How a transaction's body is read.
struct ReceivedTransactionTests {
    private let origin: ServerName
    private let us: ServerName

    init() throws {
        origin = try #require(ServerName("b.example"))
        us = try #require(ServerName("a.example"))
    }

    private func read(_ body: String, first: Int64 = 7) throws(FederationError) -> [InboundEvent] {
        try ReceivedTransaction(body: Array(body.utf8), first: first, from: origin, to: us).events
    }

    private func event(_ seq: Int, _ fields: [String: String] = [:]) -> String {
        var all = [
            "seq": "\(seq)", "id": "\"0197a000-0000-7000-8000-00000000000\(seq % 10)\"", "type": "\"direct.message\"",
            "ts": "\"2026-11-23T06:00:00.123Z\"", "sender": "\"bob@b.example\"", "to": "\"alice@a.example\"",
            "data": "{\"message\":\"hi\"}",
        ]
        for (key, value) in fields { all[key] = value.isEmpty ? nil : value }
        return "{" + all.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private func body(_ events: [String], v: String = "1") -> String {
        #"{"v":\#(v),"events":[\#(events.joined(separator: ","))]}"#
    }

    @Test func `events are read in order`() throws {
        let events = try read(body([event(7), event(8)]))
        #expect(events.map(\.seq) == [7, 8])
        #expect(events[0].sender.text == "bob@b.example")
        #expect(events[0].to?.text == "alice@a.example")
        #expect(events[0].timestamp == Instant(rfc3339: "2026-11-23T06:00:00.123Z"))
        #expect(try events[0].data.string("message") == "hi")
        #expect(try read(body([])).isEmpty)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"v":1}"#, #"{"events":[]}"#, #"{"v":"1","events":[]}"#, #"{"v":1,"events":{}}"#,
        #"{"v":1,"events":[1]}"#, #"{"v":1,"events":[{}]}"#, #"{"v":1,"events":[]}x"#, #"{"v":1,"v":1,"events":[]}"#,
        #"{"v":1,"events":[],"x":"\u0000"}"#, #"{"v":1,"events":[],"x":"\ud800"}"#,
    ])
    func `what is no transaction is refused whole`(_ body: String) throws {
        let error = #expect(throws: FederationError.self) { try read(body) }
        #expect(error?.status == 400)
    }

    @Test func `another version is named`() {
        #expect(throws: FederationError.version) { try read(body([], v: "2")) }
    }

    @Test(arguments: [[6], [8], [7, 9], [7, 7], [7, 8, 10], [0], [-1]])
    func `numbers must go on from the path's`(_ seqs: [Int]) {
        let error = #expect(throws: FederationError.self) { try read(body(seqs.map { event($0) })) }
        #expect(error?.status == 400)
    }

    @Test func `the error names the field`() {
        #expect(throws: FederationError.invalid(problem: "events[1].seq must continue the numbers from 7")) {
            try read(body([event(7), event(9)]))
        }
    }

    @Test func `more than 100 events are refused`() {
        let error = #expect(throws: FederationError.self) { try read(body((7..<108).map { event($0) })) }
        #expect(error?.status == 400)
    }

    /// An event that is none of this version keeps its number and loses its data, so that Home rejects it alone.
    @Test(arguments: [
        ["sender": "\"bob\""], ["sender": ""], ["to": "5"], ["ts": "\"yesterday\""], ["ts": ""],
        ["data": "[]"], ["data": ""], ["id": "\"X\""], ["id": ""], ["type": "7"], ["type": ""],
        ["type": "\"\(String(repeating: "t", count: 65))\""],
    ])
    func `a malformed event stands alone`(_ fields: [String: String]) throws {
        let events = try read(body([event(7), event(8, fields), event(9)]))
        #expect(events.map(\.seq) == [7, 8, 9])
        #expect(events[1].data.count == 0)
        #expect(events[1].sender.server == origin)
        #expect(try events[2].data.string("message") == "hi")
    }

    /// What is for the homeserver is for none of its users.
    @Test func `an event may have no receiver`() throws {
        let events = try read(body([event(7), event(8, ["to": ""])]))
        #expect(events.map(\.to?.text) == ["alice@a.example", nil])
        #expect(try events[1].data.string("message") == "hi")
    }

    @Test func `an expired event is a number and a type`() throws {
        let events = try read(body([#"{"seq":7,"type":"expired"}"#]))
        #expect(events[0].type == "expired")
    }

    @Test func `an event over 64 KiB loses its data`() throws {
        let large = #"{"message":"\#(String(repeating: "x", count: 66_000))"}"#
        let fits = #"{"message":"\#(String(repeating: "x", count: 60_000))"}"#
        let events = try read(body([event(7, ["data": large]), event(8, ["data": fits])]))
        #expect(events[0].data.count == 0)
        #expect(events[1].data.count == 1)
    }
}
