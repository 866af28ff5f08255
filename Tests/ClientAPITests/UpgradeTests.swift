import Home
import Testing
import Wire

@testable import ClientAPI

/// The upgrade on real sockets: six traps of a WebSocket beside HTTP on one port, and who is let in.
@Suite(.timeLimit(.minutes(3)))
struct UpgradeTests {
    private func envelope(_ text: String) throws -> String {
        let object = try #require(try JSON.parse(text).object)
        return try object.string("code")
    }

    @Test("a handshake is answered as RFC 6455 computes it, then hello and ready come")
    func upgrade() async throws {
        try await SocketTestServer.run { server in
            let login = try await server.login("alice")
            let socket = try await server.connect()
            try await socket.send(ClientBytes.handshake("/ws?token=\(login.token)"))
            let head = try #require(try await socket.readHead())
            #expect(head.status == 101)
            #expect(head.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            #expect(head.headers["upgrade"] == "websocket")
            let client = SocketTestClient(socket: socket, login: login)
            let hello = try await client.next("hello")
            #expect(try hello.string("server") == "alpha.example")
            #expect(try hello.integer("heartbeat_ms") == 30_000)
            let ready = try await client.next("ready")
            #expect(try ready.object.object("user").string("user_id") == "alice@alpha.example")
            #expect(try ready.object.array("friends").count == 1)
            #expect(try ready.object.array("servers").isEmpty)
        }
    }

    @Test("trap 1: a connection that says nothing, or not enough, is closed in time")
    func silence() async throws {
        try await SocketTestServer.run { server in
            let silent = try await server.connect()
            let slow = try await server.connect()
            try await slow.send(Array("GET /ws?token=x HTTP/1.1\r\nHost: localhost\r\nUpgr".utf8))
            #expect(try await silent.readHead() == nil)
            #expect(try await slow.readHead() == nil)
        }
    }

    @Test("trap 1: connections that say nothing do not hold up the end")
    func silentShutdown() async throws {
        var started = ContinuousClock.now
        // Their own time limit is out of sight: only the end can close them.
        try await SocketTestServer.run(headTime: .seconds(600)) { server in
            let silent = try await server.connect()
            let slow = try await server.connect()
            try await slow.send(Array("GET /ws?tok".utf8))
            // Answered after both were accepted: one listener accepts in order.
            _ = try await server.open("alice")
            started = ContinuousClock.now
            await server.stop()
            #expect(try await silent.readHead() == nil)
            #expect(try await slow.readHead() == nil)
        }
        #expect(ContinuousClock.now - started < .seconds(60))
    }

    @Test("trap 2: an upgrade that is not taken is answered as if it had not been asked for")
    func otherUpgrades() async throws {
        try await SocketTestServer.run { server in
            for upgrade in ["h2c", "TLS/1.0", "websocket", "WebSocket, h2c"] {
                let socket = try await server.connect()
                try await socket.send(
                    Array("GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: \(upgrade)\r\n\r\n".utf8))
                let head = try #require(try await socket.readHead(), "\(upgrade)")
                #expect(head.status == 200, "\(upgrade)")
                #expect(try await socket.readBody(head).contains("ok"))
                try await socket.readToEnd()
            }
        }
    }

    @Test("trap 2: a handshake that is refused is told why, in the envelope of every error")
    func refusals() async throws {
        try await SocketTestServer.run { server in
            let cases: [(String, [String: String], Int, String)] = [
                ("/ws", [:], 401, "unauthorized"),
                ("/ws?token=abc", ["Origin": "https://evil.example"], 403, "forbidden"),
                ("/ws?token=abc", ["Sec-WebSocket-Key": ""], 400, "invalid"),
                ("/ws?token=abc", ["Sec-WebSocket-Version": "8"], 426, "invalid"),
                ("/ws?token=abc", ["Upgrade": ""], 426, "invalid"),
                ("/ws?token=abc", ["Connection": "keep-alive"], 426, "invalid"),
                ("/api/v1/me?token=abc", [:], 401, "unauthorized"),
                ("/nowhere", [:], 404, "not_found"),
            ]
            for (target, headers, status, code) in cases {
                let socket = try await server.connect()
                try await socket.send(ClientBytes.handshake(target, headers: headers))
                let head = try #require(try await socket.readHead(), "\(target) \(headers)")
                #expect(head.status == status, "\(target) \(headers)")
                #expect(try envelope(try await socket.readBody(head)) == code)
                if status == 426 { #expect(head.headers["sec-websocket-version"] == "13") }
            }
        }
    }

    @Test("trap 3: only the first request of a connection becomes a WebSocket; a later one is told so")
    func laterRequest() async throws {
        try await SocketTestServer.run { server in
            let login = try await server.login("alice")
            let socket = try await server.connect()
            try await socket.send(Array("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            let first = try #require(try await socket.readHead())
            #expect(first.status == 200)
            _ = try await socket.readBody(first)
            try await socket.send(ClientBytes.handshake("/ws?token=\(login.token)"))
            let second = try #require(try await socket.readHead())
            #expect(second.status == 426)
            #expect(second.headers["connection"] == "close")
            #expect(try envelope(try await socket.readBody(second)) == "invalid")
            try await socket.readToEnd()
        }
    }

    @Test("trap 4: a stop reaches sessions, silent ones too")
    func shutdown() async throws {
        try await SocketTestServer.run { server in
            let clients = [try await server.open("alice"), try await server.open("bob")]
            let started = ContinuousClock.now
            await server.stop()
            for client in clients { #expect(try await client.socket.readClose() == 4010) }
            // Silence alone would close them after 75 s, with another code.
            #expect(ContinuousClock.now - started < .seconds(60))
        }
    }

    @Test("trap 5: a client that closes its half is gone")
    func halfClosed() async throws {
        try await SocketTestServer.run { server in
            let client = try await server.open("alice")
            client.socket.finishSending()
            try await client.socket.readToEnd()
        }
    }

    @Test("trap 6: an unmasked frame and a text that is not UTF-8 close the socket")
    func bytes() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            try await alice.socket.send([0x81, 0x02, 0x7B, 0x7D])
            #expect(try await alice.socket.readClose() == 1002)
            let bob = try await server.open("bob")
            try await bob.socket.send(ClientBytes.frame([0xC3, 0x28]))
            #expect(try await bob.socket.readClose() == 1007)
        }
    }

    @Test("what a client sends right behind its handshake is not lost")
    func earlyFrames() async throws {
        try await SocketTestServer.run { server in
            let login = try await server.login("alice")
            let socket = try await server.connect()
            let ping = ClientBytes.frame(#"{"type":"ping","s":0}"#)
            try await socket.send(ClientBytes.handshake("/ws?token=\(login.token)") + ping + ping)
            #expect(try await socket.readHead()?.status == 101)
            let client = SocketTestClient(socket: socket, login: login)
            #expect(try await client.next().type == "hello")
            #expect(try await client.next().type == "ready")
            #expect(try await client.next().type == "pong")
            #expect(try await client.next().type == "pong")
        }
    }

    @Test("a token that is not valid closes 4004, and none at all from a page of ours 4003, where a browser can see it")
    func badToken() async throws {
        try await SocketTestServer.run { server in
            for (target, code) in [("/ws?token=hml_wrong", 4004), ("/ws?token=hmt_wrong", 4004), ("/ws", 4003)] {
                let socket = try await server.connect()
                try await socket.send(
                    ClientBytes.handshake(target, headers: ["Origin": SocketTestServer.origin]))
                #expect(try await socket.readHead()?.status == 101)
                #expect(try await socket.readClose() == UInt16(code), "\(target)")
            }
        }
    }

    @Test("a ticket opens one socket, a cookie opens one for a page of ours")
    func otherCredentials() async throws {
        try await SocketTestServer.run { server in
            let login = try await server.login("alice")
            let ticket = try server.home.issueTicket(for: login.login).ticket
            for code in [nil, UInt16(4004)] {
                let socket = try await server.connect()
                try await socket.send(ClientBytes.handshake("/ws?token=\(ticket)"))
                #expect(try await socket.readHead()?.status == 101)
                if let code {
                    #expect(try await socket.readClose() == code, "a ticket is used once")
                } else {
                    #expect(try await SocketTestClient(socket: socket, login: login).next().type == "hello")
                }
            }
            let socket = try await server.connect()
            let headers = ["Origin": SocketTestServer.origin, "Cookie": "__Host-home-session=\(login.token)"]
            try await socket.send(ClientBytes.handshake("/ws", headers: headers))
            #expect(try await socket.readHead()?.status == 101)
            #expect(try await SocketTestClient(socket: socket, login: login).next().type == "hello")
        }
    }

    @Test(
        "what is not HTTP is answered 400 and closed",
        arguments: [
            "GET / HTTP/9.9\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "\u{16}\u{3}\u{1}",
        ])
    func noise(text: String) async throws {
        try await SocketTestServer.run { server in
            let socket = try await server.connect()
            try await socket.send(Array(text.utf8))
            #expect(try await socket.readHead()?.status == 400)
            try await socket.readToEnd()
        }
    }
}
