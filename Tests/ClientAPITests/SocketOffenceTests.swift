import Testing
import Wire

@testable import ClientAPI

/// Offences on a real socket: each closes that socket with its code and harms nobody else.
@Suite(.timeLimit(.minutes(3)))
struct SocketOffenceTests {
    @Test("offences against RFC 6455 close with their code, and another session goes on")
    func offences() async throws {
        try await SocketTestServer.run { server in
            let other = try await server.open("bob")
            let half = [UInt8](repeating: 0x61, count: 40_000)
            let cases: [(String, [UInt8], UInt16)] = [
                ("unmasked", [0x81, 0x00], 1002),
                ("reserved bits", [0xC1, 0x80, 0, 0, 0, 0], 1002),
                ("not UTF-8", ClientBytes.frame([0xFF]), 1007),
                ("too long by its header", [0x81, 0xFF, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF], 1009),
                (
                    "too long in fragments",
                    ClientBytes.frame(half, final: false) + ClientBytes.frame(continuation: half, final: true), 1009
                ),
                ("binary", ClientBytes.frame([0x7B, 0x7D], opcode: 2), 1003),
            ]
            for (what, bytes, code) in cases {
                let client = try await server.open("alice")
                try await client.socket.send(bytes)
                #expect(try await client.socket.readClose() == code, "\(what)")
            }
            try await other.send(#"{"type":"ping"}"#)
            #expect(try await other.next().type == "pong")
        }
    }

    @Test("fragments are joined, pings of RFC 6455 answered, a close echoed")
    func goodManners() async throws {
        try await SocketTestServer.run { server in
            let client = try await server.open("alice")
            try await client.socket.send(
                ClientBytes.frame(#"{"type":"#, final: false) + ClientBytes.frame(ping: "there?")
                    + ClientBytes.frame(continuation: Array(#""ping"}"#.utf8), final: true))
            #expect(try await client.socket.readFrame() == ServerBytes.Frame(opcode: 10, payload: Array("there?".utf8)))
            #expect(try await client.next().type == "pong")
            try await client.socket.send(ClientBytes.frame(close: 1001))
            #expect(try await client.socket.readClose() == 1001)
            #expect(try await client.socket.readFrame() == nil)
        }
    }

    @Test("a frame that cannot be decoded is answered; the twentieth in a row closes 4002")
    func undecodable() async throws {
        try await SocketTestServer.run { server in
            let client = try await server.open("alice")
            for _ in 0..<19 {
                try await client.send("not JSON")
                #expect(try await client.next("error").string("code") == "invalid")
            }
            try await client.send(#"{"type":"ping"}"#)
            #expect(try await client.next().type == "pong", "a good frame begins the count anew")
            for _ in 0..<19 { try await client.send("[]") }
            for _ in 0..<19 { #expect(try await client.next().type == "error") }
            try await client.send("")
            #expect(try await client.socket.readClose() == 4002)
        }
    }

    @Test("refused frames say which they were and what is wrong")
    func refusals() async throws {
        try await SocketTestServer.run { server in
            let client = try await server.open("alice")
            let cases =
                [
                    (#"{"type":"dance","nonce":"n"}"#, "unknown_type", "dance", nil, "n"),
                    (
                        #"{"type":"private-message","message":"x","nonce":"n"}"#, "invalid", "private-message",
                        "receiver_id", "n"
                    ),
                    (
                        #"{"type":"private-message","receiver_id":"bob","message":"  ","nonce":"n"}"#, "invalid",
                        "private-message", "message", "n"
                    ),
                    (
                        #"{"type":"private-message","receiver_id":"bob","message":"\#(String(repeating: "é", count: 4001))"}"#,
                        "too_large", "private-message", "message", nil
                    ),
                    (
                        #"{"type":"private-message","receiver_id":"alice","message":"x"}"#, "invalid",
                        "private-message", "receiver_id", nil
                    ),
                    (
                        #"{"type":"private-message","receiver_id":"carol","message":"x","nonce":"m"}"#, "not_friends",
                        "private-message", nil, "m"
                    ),
                    (
                        #"{"type":"resume","session_id":"01990000-0000-7000-8000-000000000001","epoch":"e","s":0}"#,
                        "invalid", "resume", nil, nil
                    ),
                ] as [(String, String, String, String?, String?)]
            for (text, code, type, field, nonce) in cases {
                try await client.send(text)
                let error = try await client.next("error")
                #expect(try error.string("code") == code, "\(text.prefix(80))")
                #expect(try error.string("ref_type") == type)
                #expect(try error.object.optionalString("field") == field, "\(text.prefix(80))")
                #expect(try error.object.optionalString("nonce") == nonce)
            }
        }
    }

    @Test("what one read brings beyond the rate is refused behind the answers to what came before it")
    func ratesInARow() async throws {
        try await SocketTestServer.run(limits: true) { server in
            let client = try await server.open("alice")
            for number in 0..<45 { try await client.sendMessage("\(number)", to: "bob") }
            for _ in 0..<45 { _ = try await client.next("ack") }
            let frames = (0..<10).map {
                ClientBytes.frame(
                    #"{"type":"private-message","receiver_id":"bob","message":"m","nonce":"in a row \#($0)"}"#)
            }
            try await client.socket.send(Array(frames.joined()))
            for number in 0..<10 {
                let answer = try await client.next()
                #expect(answer.type == (number < 5 ? "ack" : "error"))
                #expect(try answer.string("nonce") == "in a row \(number)")
            }
        }
    }

    @Test("over the rate a command is refused with a time to wait; five times over closes 4008")
    func rates() async throws {
        try await SocketTestServer.run(limits: true) { server in
            let client = try await server.open("alice")
            for number in 0..<60 { try await client.sendMessage("\(number)", to: "bob") }
            for number in 0..<50 { #expect(try await client.next("ack").string("nonce") == "\(number)") }
            for number in 50..<60 {
                let error = try await client.next("error")
                #expect(try error.string("code") == "rate_limited")
                #expect(try error.string("nonce") == "\(number)")
                #expect(try error.integer("retry_after_ms") == 200)
            }
            server.time.advance(by: .milliseconds(200))
            try await client.sendMessage("again", to: "bob")
            #expect(try await client.next("ack").string("nonce") == "again")
            for number in 0..<250 { try await client.sendMessage("more \(number)", to: "bob") }
            #expect(try await client.socket.readClose() == 4008)
        }
    }
}
