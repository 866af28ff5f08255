import HTTPTypes
import Testing
import Wire

@testable import ClientAPI

/// What the code declares and what docs/ says are the same, in both directions; docs/check.py checks the documents themselves.
struct DocumentsMatchCodeTests {
    @Test("every route is documented, every documented route exists, and both say alike who may call it")
    func routes() throws {
        let declared = HTTPRoutes.all.map { "\($0.method) \($0.path)\($0.needsLogin ? " (session)" : "")" }
        // The socket has a handshake instead of a handler.
        let documented = try Documents.routes().filter { $0 != "GET \(Handshake.path)" }
        #expect(declared.sorted() == documented.sorted())
        #expect(Set(declared).count == declared.count)
    }

    @Test("every command is documented, and every documented frame of a client is a command")
    func commands() throws {
        #expect(CommandTable.commands.map(\.type).sorted() == (try Documents.frames(of: "receive")).sorted())
    }

    @Test("every frame that the sources write is documented, and every documented frame of the server is written")
    func frames() throws {
        #expect(try Sources.writtenFrames() == Set(Documents.frames(of: "send")))
    }

    @Test("every frame has a schema of its own")
    func schemas() throws {
        let types = try Documents.frames(of: "send") + Documents.frames(of: "receive")
        let files = try TestFiles.names(in: "docs/schemas").filter { $0.hasPrefix("frame-") }
        #expect(types.map { "frame-\($0).json" }.sorted() == files.sorted())
    }

    @Test("every golden frame is as documented, and every documented field stands in one")
    func goldens() throws {
        var check = SchemaCheck()
        for name in try TestFiles.names(in: "Tests/Snapshots/client-frames") where name.hasSuffix(".json") {
            let frame = try JSON.parse(TestFiles.text("Tests/Snapshots/client-frames/" + name))
            let type = try #require(frame.object).string("type")
            #expect(try check.problems(of: frame, in: "frame-\(type).json") == [], "\(name)")
        }
        let documented = try Documents.frames(of: "send").reduce(into: Set<String>()) {
            $0.formUnion(try SchemaCheck.properties(of: "frame-\($1).json"))
        }
        #expect(documented.subtracting(check.met).sorted() == [])
    }

    @Test("every field that a command reads is documented, and every documented one is read")
    func commandFields() throws {
        let documented = try Documents.frames(of: "receive").flatMap {
            try Documents.schema("frame-\($0).json").object("properties").keys
        }
        #expect(try Sources.readFields(in: "Commands").union(["type"]) == Set(documented))
    }

    @Test("every field that a route reads from its body is documented, and every documented one is read")
    func bodyFields() throws {
        let requests = try TestFiles.names(in: "docs/schemas").filter {
            $0.hasPrefix("http-") && $0.hasSuffix("-request.json")
        }
        let documented = try requests.flatMap { try Documents.schema($0).object("properties").keys }
        #expect(try Sources.readFields(in: "HTTP") == Set(documented))
    }

    @Test("every parameter that a route reads from its query is documented, and every documented one is read")
    func parameters() throws {
        // Those of the socket's handshake are read elsewhere.
        let ofTheSocket: Set<String> = ["token", "resume"]
        #expect(try Sources.readParameters().union(ofTheSocket) == Documents.queryParameters())
    }

    @Test("error codes")
    func errorCodes() throws {
        let common = try Documents.schema("common.json")
        let code = try common.object("$defs").object("code")
        let documented = try code.array("enum").compactMap { if case .string(let code) = $0 { code } else { nil } }
        #expect(ClientError.Code.allCases.map(\.rawValue).sorted() == documented.sorted())
    }

    @Test("close codes")
    func closeCodes() throws {
        #expect(CloseCode.allCases.map { Int($0.rawValue) }.sorted() == (try Documents.closeCodes()).sorted())
    }

    @Test("resync reasons")
    func resyncReasons() throws {
        let reason = try Documents.schema("frame-resync.json").object("properties").object("reason")
        let documented = try reason.array("enum").compactMap { if case .string(let text) = $0 { text } else { nil } }
        #expect(ResyncFrame.Reason.allCases.map(\.rawValue).sorted() == documented.sorted())
    }

    @Test("the numbers in the documents are those of the code")
    func limits() throws {
        let documented = try Documents.limits()
        let declared = [
            "frame_bytes": Limits.frameBytes, "queue_bytes": Limits.queueBytes, "queue_frames": Limits.queueFrames,
            "resume_frames": Limits.resumeFrames, "resume_seconds": Int(Limits.resumeWindow.components.seconds),
            "resume_wait_seconds": Int(Limits.resumeWait.components.seconds),
            "heartbeat_seconds": Int(Limits.heartbeat.components.seconds),
            "silence_seconds": Int(Limits.silence.components.seconds),
            "undecodable_frames": Limits.undecodableFrames, "sockets_of_a_user": Limits.socketsPerUser,
            "private_messages_burst": Int(RateClass.message.rule.burst),
            "private_messages_per_second": Int(RateClass.message.rule.perSecond),
            "status_updates_burst": Int(RateClass.status.rule.burst),
            "status_updates_per_minute": Int(RateClass.status.rule.perSecond * 60),
            "other_commands_burst": Int(RateClass.command.rule.burst),
            "other_commands_per_second": Int(RateClass.command.rule.perSecond),
        ]
        #expect(documented == declared)
        let definitions = try Documents.schema("common.json").object("$defs")
        #expect(try definitions.object("message").integer("maxLength") == Limits.messageCodePoints)
        #expect(try definitions.object("nonce").string("pattern").hasSuffix("{1,\(Limits.nonceLength)}$"))
    }

    @Test("the limits that clients are told are documented, one by one")
    func toldLimits() throws {
        var json = JSONWriter()
        json.beginObject()
        ClientLimits.write(to: &json)
        json.endObject()
        let told = try #require(try JSON.parse(json.bytes).object)
        var check = SchemaCheck()
        #expect(try check.problems(of: .object(told), in: "http-limits.json") == [])
    }
}
