import Home
import Testing
import Wire

@testable import ClientAPI

/// What a session promises, on real sockets and a real database.
@Suite(.timeLimit(.minutes(3)))
struct SocketSessionTests {
    @Test(
        "a message: the sender's socket gets the ack, his other one the copy with the nonce, the receiver the message")
    func message() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let phone = try await server.open("alice")
            let bob = try await server.open("bob")
            try await alice.sendMessage("Grüße", to: "bob", nonce: "n-1")
            let ack = try await alice.next("ack")
            let received = try await bob.next("new-private-message")
            let copy = try await phone.next("private-message-sent")
            #expect(try ack.string("nonce") == "n-1")
            #expect(try ack.string("state") == "sent")
            #expect(try ack.object.bool("duplicate") == false)
            for frame in [received, copy] {
                #expect(try frame.string("message") == "Grüße")
                #expect(try frame.string("from_user_id") == "alice@alpha.example")
                #expect(try frame.string("message_id") == ack.string("message_id"))
                #expect(try frame.integer("seq") == ack.integer("seq"))
                #expect(try frame.integer("s") == 1)
            }
            #expect(try copy.string("nonce") == "n-1")
            #expect(received.object["nonce"] == nil, "the nonce is the author's")

            try await alice.sendMessage("Grüße", to: "bob", nonce: "n-1")
            let again = try await alice.next("ack")
            #expect(try again.string("message_id") == ack.string("message_id"))
            #expect(try again.object.bool("duplicate"))
            try await alice.send(#"{"type":"private-message","receiver_id":"bob","message":"without a nonce"}"#)
            #expect(try await bob.next("new-private-message").integer("s") == 2, "the repeat had no effect")
            try await alice.send(#"{"type":"ping","s":0}"#)
            #expect(try await alice.next().type == "pong", "no nonce, no ack")
        }
    }

    @Test("messages that one read brings are answered in their order, the refused ones among them")
    func inARow() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            let receivers = ["bob", "carol", "bob", "bob", "nobody", "bob"]
            let frames = receivers.enumerated().map { index, receiver in
                ClientBytes.frame(
                    #"{"type":"private-message","receiver_id":"\#(receiver)","message":"m","nonce":"\#(index)"}"#)
            }
            try await alice.socket.send(Array(frames.joined()))
            for (index, receiver) in receivers.enumerated() {
                let answer = try await alice.next()
                #expect(answer.type == (receiver == "bob" ? "ack" : "error"))
                #expect(try answer.string("nonce") == "\(index)")
            }
            for seq in 1...4 { #expect(try await bob.next("new-private-message").integer("seq") == Int64(seq)) }
        }
    }

    @Test("commands of one socket run in the order in which they were sent")
    func order() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            for number in 0..<100 {
                try await alice.sendMessage("\(number)", to: "bob")
                if number % 10 == 0 { try await alice.send(#"{"type":"dance","nonce":"\#(number)"}"#) }
            }
            for number in 0..<100 {
                #expect(try await alice.next("ack").string("nonce") == "\(number)")
                if number % 10 == 0 { #expect(try await alice.next("error").string("nonce") == "\(number)") }
                let received = try await bob.next("new-private-message")
                #expect(try received.string("message") == "\(number)")
                #expect(try received.integer("s") == Int64(number + 1))
            }
        }
    }

    @Test("the heartbeat carries the position; silence closes 4009")
    func heartbeat() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            try await alice.sendMessage("one", to: "bob")
            _ = try await alice.next("ack")
            _ = try await bob.next("new-private-message")
            server.time.advance(by: .seconds(60))
            try await bob.send(#"{"type":"ping","s":0}"#)
            let pong = try await bob.next("pong")
            #expect(try pong.integer("s") == 1)
            #expect(try pong.string("t") == server.time.now().rfc3339)
            server.time.advance(by: .seconds(20))
            #expect(try await alice.socket.readClose() == 4009)
            try await bob.send(#"{"type":"ping","s":1}"#)
            #expect(try await bob.next().type == "pong")
        }
    }

    @Test("a cut connection resumes: everything missed in order, then resumed, then live; s goes on")
    func resume() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            try await alice.sendMessage("seen", to: "bob")
            _ = try await bob.next("new-private-message")
            bob.socket.cut()
            for number in 0..<30 { try await alice.sendMessage("missed \(number)", to: "bob") }
            _ = try await alice.next("ack")
            for _ in 0..<30 { _ = try await alice.next("ack") }
            let again = try await server.resume(bob, after: 1)
            for number in 0..<30 {
                let frame = try await again.next("new-private-message")
                #expect(try frame.string("message") == "missed \(number)")
                #expect(try frame.integer("s") == Int64(number + 2))
            }
            #expect(try await again.next("resumed").integer("replayed") == 30)
            try await alice.sendMessage("live", to: "bob")
            #expect(try await again.next("new-private-message").integer("s") == 32)
        }
    }

    @Test("an ack that was lost comes with the resume")
    func resumedAck() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            try await alice.sendMessage("one", to: "bob", nonce: "n")
            _ = try await bob.next("new-private-message")
            let ack = try await alice.next("ack")
            alice.socket.cut()
            let again = try await server.resume(alice, after: 0)
            #expect(try await again.next("ack").text == ack.text)
            #expect(try await again.next("resumed").integer("replayed") == 1)
        }
    }

    @Test("a resume takes the stream from a socket that still seems open")
    func takeover() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            let again = try await server.resume(bob, after: 0)
            #expect(try await again.next("resumed").integer("replayed") == 0)
            #expect(try await bob.socket.readClose() == 4000)
            try await alice.sendMessage("one", to: "bob")
            #expect(try await again.next("new-private-message").integer("s") == 1)
        }
    }

    @Test("what cannot be resumed completely is refused, and ready follows with a stream of its own")
    func resync() async throws {
        try await SocketTestServer.run { server in
            let bob = try await server.open("bob")
            let alice = try await server.open("alice")
            let stranger = try await server.resume(bob, as: try await server.login("bob"), after: 0)
            #expect(try await stranger.next("resync").string("reason") == "unknown_session")
            _ = try await stranger.next("ready")
            let other = try await server.resume(bob, as: alice.login, after: 0)
            #expect(try await other.next("resync").string("reason") == "unknown_session")
            let future = try await server.resume(bob, after: 5)
            #expect(try await future.next("resync").string("reason") == "ahead")
            let ready = try await future.next("ready")
            #expect(try ready.string("session_id") != bob.ready?.string("session_id"))

            let epoch = try await server.upgrade(bob.login, resume: true)
            _ = try await epoch.next("hello")
            try await epoch.send(
                #"{"type":"resume","session_id":"\#(try #require(bob.ready).string("session_id"))","epoch":"other","s":0}"#
            )
            #expect(try await epoch.next("resync").string("reason") == "epoch")
            _ = try await epoch.next("ready")
        }
    }

    @Test("after five minutes there is nothing to resume")
    func expiry() async throws {
        try await SocketTestServer.run { server in
            let bob = try await server.open("bob")
            bob.socket.cut()
            // The homeserver has noticed once the socket does not count any more.
            while server.hub.socketCount > 0 { await Task.yield() }
            server.time.advance(by: .seconds(299))
            let early = try await server.resume(bob, after: 0)
            _ = try await early.next("resumed")
            early.socket.cut()
            while server.hub.socketCount > 0 { await Task.yield() }
            server.time.advance(by: .seconds(301))
            while server.hub.streamCount > 0 { await Task.yield() }
            let late = try await server.resume(bob, after: 0)
            #expect(try await late.next("resync").string("reason") == "unknown_session")
        }
    }

    @Test("a client that says resume=1 and then nothing gets resync and ready; before that only resume is taken")
    func resumeTimeout() async throws {
        try await SocketTestServer.run { server in
            let client = try await server.upgrade(try await server.login("alice"), resume: true)
            _ = try await client.next("hello")
            try await client.send(#"{"type":"ping","s":0}"#)
            #expect(try await client.next("error").string("ref_type") == "ping")
            server.time.advance(by: .seconds(5))
            #expect(try await client.next("resync").string("reason") == "timeout")
            _ = try await client.next("ready")
            try await client.send(#"{"type":"ping","s":0}"#)
            _ = try await client.next("pong")
        }
    }

    @Test("a user's eleventh stream without a socket ends the one that has waited longest")
    func abandonedStreams() async throws {
        try await SocketTestServer.run { server in
            let login = try await server.login("bob")
            var abandoned: [SocketTestClient] = []
            for _ in 0..<11 {
                let client = try await server.open(login)
                client.socket.cut()
                while server.hub.socketCount > 0 { await Task.yield() }
                server.time.advance(by: .seconds(1))
                abandoned.append(client)
            }
            #expect(server.hub.streamCount == 10)
            let first = try await server.resume(abandoned[0], after: 0)
            #expect(try await first.next("resync").string("reason") == "unknown_session")
            let second = try await server.resume(abandoned[1], after: 0)
            _ = try await second.next("resumed")
        }
    }

    @Test("bye ends the stream for good and frees what it kept")
    func bye() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            try await alice.send(#"{"type":"private-message","receiver_id":"bob","message":"one"}"#)
            _ = try await bob.next("new-private-message")
            #expect(server.hub.resumeBytes > 0)
            try await bob.send(#"{"type":"bye"}"#)
            #expect(try await bob.socket.readClose() == 1000)
            while server.hub.resumeBytes > 0 { await Task.yield() }
            let again = try await server.resume(bob, after: 0)
            #expect(try await again.next("resync").string("reason") == "unknown_session")
        }
    }

    @Test("a revoked login's sockets close 4013 at once, others stay, and nothing can be resumed")
    func revocation() async throws {
        try await SocketTestServer.run { server in
            let phone = try await server.open("alice")
            let desk = try await server.open("alice")
            let second = try await server.open(desk.login)
            try await server.home.logout(desk.login.login)
            #expect(try await desk.socket.readClose() == 4013)
            #expect(try await second.socket.readClose() == 4013)
            try await phone.send(#"{"type":"ping"}"#)
            _ = try await phone.next("pong")
            let late = try await server.upgrade(desk.login)
            #expect(try await late.socket.readClose() == 4004)
        }
    }

    @Test("a login that expires takes its sockets along")
    func expiredLogin() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            server.time.jump(to: alice.login.login.expiresAt + .seconds(1))
            #expect(try await alice.socket.readClose() == 4013)
        }
    }

    @Test("an eleventh socket of a user closes 4014, and another fits when one has gone")
    func tooMany() async throws {
        try await SocketTestServer.run { server in
            let login = try await server.login("alice")
            var sockets: [SocketTestClient] = []
            for _ in 0..<10 { sockets.append(try await server.open(login)) }
            let eleventh = try await server.upgrade(login)
            #expect(try await eleventh.socket.readClose() == 4014)
            _ = try await server.open("bob")
            sockets[0].socket.cut()
            while server.hub.socketCount > 10 { await Task.yield() }
            _ = try await server.open(login)
        }
    }

    @Test("a slow reader is closed 4011, delays nobody, and resumes without a hole")
    func slowReader() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let slow = try await server.open("bob", receiveBuffer: 4096)
            let quick = try await server.open("bob")
            let text = String(repeating: "x", count: 4000)
            // A first part fills what the kernel takes, unread.
            var sent = 0
            while server.hub.slowConsumers == 0 {
                try await alice.sendMessage("\(sent) \(text.dropLast(10))", to: "bob", nonce: "\(sent)")
                #expect(try await alice.next("ack").string("nonce") == "\(sent)")
                #expect(try await quick.next("new-private-message").string("message").hasPrefix("\(sent) "))
                sent += 1
            }
            var last: Int64 = 0
            var code: UInt16?
            while code == nil, let frame = try await slow.socket.readFrame() {
                guard frame.opcode == 1 else {
                    code = frame.code
                    continue
                }
                let s = try #require(try JSON.parse(frame.payload).object).integer("s")
                #expect(s == last + 1)
                last = s
            }
            #expect(code == 4011)
            #expect(last < sent)
            let again = try await server.resume(slow, after: last)
            for s in last + 1...Int64(sent) {
                #expect(try await again.next("new-private-message").integer("s") == s)
            }
            #expect(try await again.next("resumed").integer("replayed") == Int64(sent) - last)
        }
    }

    @Test(
        "a commit that nobody was told of: every socket gets resync and a fresh ready, and no stream can be resumed across it"
    )
    func recovery() async throws {
        try await SocketTestServer.run { server in
            let alice = try await server.open("alice")
            let bob = try await server.open("bob")
            bob.socket.cut()
            while server.hub.socketCount > 1 { await Task.yield() }
            server.hub.recover()
            #expect(try await alice.next("resync").string("reason") == "recovered")
            let ready = try await alice.next("ready")
            #expect(try ready.string("session_id") != alice.ready?.string("session_id"))
            try await alice.sendMessage("one", to: "bob")
            #expect(try await alice.next("ack").integer("s") == 1)
            let again = try await server.resume(bob, after: 0)
            #expect(try await again.next("resync").string("reason") == "recovered")
        }
    }

    @Test("200 sockets, half of them busy, are told to come back and gone within five seconds")
    func drain() async throws {
        try await SocketTestServer.run { server in
            let accounts = try await server.crowd(20)
            var clients: [SocketTestClient] = []
            for login in accounts {
                for _ in 0..<10 { clients.append(try await server.open(login)) }
            }
            for client in clients.prefix(100) {
                for number in 0..<20 { try await client.send(#"{"type":"ping","s":\#(number)}"#) }
            }
            let started = ContinuousClock.now
            await server.stop()
            for client in clients {
                #expect(try await client.socket.readClose() == 4010)
            }
            while server.hub.socketCount > 0 { await Task.yield() }
            #expect(ContinuousClock.now - started < .seconds(5))
        }
    }
}
