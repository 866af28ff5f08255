import Testing
import Wire

@Suite struct JSONObjectTests {
    private func object(_ text: String) throws -> JSONObject {
        try #require(try JSON.parse(text).object)
    }

    @Test func theRightTypesAreRead() throws {
        let data = try object(
            #"""
            {"s":"é","i":-5,"b":true,"a":[1,"x"],"o":{"x":1},"l":[{"y":2}],"n":null,
             "id":"0190b6f0-1111-7222-8333-444455556666","u":"bob","f":"bob@b.example","h":"a.example",
             "t":"2026-11-23T06:00:00.5Z"}
            """#)
        let home = try #require(ServerName("home.example"))
        #expect(try data.string("s") == "é")
        #expect(try data.integer("i") == -5)
        #expect(try data.bool("b"))
        #expect(try data.array("a") == [.integer(1), .string("x")])
        #expect(try data.object("o").integer("x") == 1)
        #expect(try data.objects("l").map { try $0.integer("y") } == [2])
        #expect(try data.id("id") as MessageID == MessageID("0190b6f0-1111-7222-8333-444455556666"))
        #expect(try data.userID("u", home: home).text == "bob@home.example")
        #expect(try data.userID("f", home: home).text == "bob@b.example")
        #expect(try data.userID("f").server.text == "b.example")
        #expect(try data.serverName("h").text == "a.example")
        #expect(try data.instant("t").rfc3339 == "2026-11-23T06:00:00.500Z")
    }

    @Test func missingAndNullAreNilForOptionalOnes() throws {
        let data = try object(#"{"n":null,"x":1}"#)
        for key in ["n", "gone"] {
            #expect(try data.optionalString(key) == nil)
            #expect(try data.optionalInteger(key) == nil)
            #expect(try data.optionalBool(key) == nil)
            #expect(try data.optionalArray(key) == nil)
            #expect(try data.optionalObject(key) == nil)
            #expect(try data.optionalInstant(key) == nil)
            #expect(try data.optionalID(key) as EventID? == nil)
        }
        #expect(throws: FieldError(field: "x", problem: "must be a string")) { try data.optionalString("x") }
        #expect(throws: FieldError(field: "n", problem: "must be a string")) { try data.string("n") }
    }

    @Test func everyWrongTypeNamesTheField() throws {
        let data = try object(#"{"k":1.5}"#)
        let home = try #require(ServerName("home.example"))
        let accessors: [(String, (String) throws -> Void)] = [
            ("must be a string", { _ = try data.string($0) }), ("must be an integer", { _ = try data.integer($0) }),
            ("must be true or false", { _ = try data.bool($0) }), ("must be an array", { _ = try data.array($0) }),
            ("must be an object", { _ = try data.object($0) }), ("must be an array", { _ = try data.objects($0) }),
            ("must be a string", { _ = try data.id($0) as MessageID }),
            ("must be a string", { _ = try data.userID($0) }),
            ("must be a string", { _ = try data.userID($0, home: home) }),
            ("must be a string", { _ = try data.serverName($0) }), ("must be a string", { _ = try data.instant($0) }),
        ]
        for (problem, accessor) in accessors {
            #expect(throws: FieldError(field: "k", problem: problem)) { try accessor("k") }
            #expect(throws: FieldError(field: "gone", problem: "is missing")) { try accessor("gone") }
        }
    }

    @Test func textThatIsNoIdAddressOrTimeIsRefused() throws {
        let data = try object(#"{"k":"?"}"#)
        #expect(throws: FieldError(field: "k", problem: "must be a lower-case UUID")) {
            try data.id("k") as MessageID
        }
        #expect(throws: FieldError(field: "k", problem: "must be an address such as name@server")) {
            try data.userID("k")
        }
        #expect(throws: FieldError(field: "k", problem: "must be a lower-case server name")) {
            try data.serverName("k")
        }
        #expect(throws: FieldError(field: "k", problem: "must be an RFC 3339 time")) { try data.instant("k") }
    }

    @Test func boundsAreChecked() throws {
        let data = try object(#"{"s":"éé","i":10,"a":[1,2,3]}"#)
        #expect(try data.string("s", maxCodePoints: 2, maxBytes: 4) == "éé")
        #expect(throws: FieldError(field: "s", problem: "is longer than 1 characters")) {
            try data.string("s", maxCodePoints: 1)
        }
        #expect(throws: FieldError(field: "s", problem: "is longer than 3 bytes")) { try data.string("s", maxBytes: 3) }
        #expect(try data.integer("i", in: 1...10) == 10)
        #expect(throws: FieldError(field: "i", problem: "must be between 1 and 9")) { try data.integer("i", in: 1...9) }
        #expect(throws: FieldError(field: "a", problem: "has more than 2 entries")) { try data.array("a", maxCount: 2) }
    }

    @Test func nestedErrorsSayWhere() throws {
        let data = try object(#"{"events":[{"data":{}},{"data":{"message":1}},7]}"#)
        #expect(throws: FieldError(field: "events[2]", problem: "must be an object")) { try data.objects("events") }
        let two = try object(#"{"v":{"events":[{"data":{}},{"data":{"message":1}}]}}"#).object("v").objects("events")
        #expect(throws: FieldError(field: "v.events[0].data.message", problem: "is missing")) {
            try two[0].object("data").string("message")
        }
        #expect(throws: FieldError(field: "v.events[1].data.message", problem: "must be a string")) {
            try two[1].object("data").string("message")
        }
    }

    @Test func aKeyThatOnlyLooksLikeOursIsNotOurs() throws {
        let kelvin = try object("{\"\u{212A}ey\":1}")
        #expect(kelvin["Key"] == nil)
        #expect(kelvin["\u{212A}ey"] == .integer(1))
    }
}
