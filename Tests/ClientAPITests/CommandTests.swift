import Testing
import Wire

@testable import ClientAPI

/// What each command takes, and which field is named when it does not.
struct CommandTests {
    private let home = ServerName("alpha.example")

    private func decode(_ text: String) throws -> CommandAction {
        let frame = try ClientFrame(Array(text.utf8))
        let command = try #require(CommandTable.command(frame.type))
        return try command.decode(frame.object, try #require(home))
    }

    /// `field problem` of the refusal; nil when the frame is taken.
    private func refusal(_ text: String) throws -> String? {
        do {
            _ = try decode(text)
            return nil
        } catch let error as FieldError {
            return error.description
        } catch let error as ClientError {
            return error.message
        }
    }

    @Test(
        "frames that are taken",
        arguments: [
            #"{"type":"private-message","receiver_id":"bob@beta.example","message":"hi"}"#,
            #"{"type":"private-message","receiver_id":"bob","message":"hi","nonce":null,"reply_to":null,"attachments":[]}"#,
            #"{"message":"hi","x":{"y":[1,2]},"receiver_id":"bob","type":"private-message"}"#,
            #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001","seq":0}"#,
            #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001","seq":9223372036854775807}"#,
            #"{"type":"ping"}"#,
            #"{"type":"ping","s":9223372036854775807}"#,
            #"{"type":"resume","session_id":"01990000-0000-7000-8000-000000000001","epoch":"e","s":0}"#,
            #"{"type":"bye"}"#,
        ])
    func taken(text: String) throws {
        #expect(try refusal(text) == nil)
    }

    @Test(
        "frames that are refused, and the field that is named",
        arguments: [
            (#"{"type":"private-message","message":"hi"}"#, "receiver_id is missing"),
            (#"{"type":"private-message","receiver_id":7,"message":"hi"}"#, "receiver_id must be a string"),
            (
                #"{"type":"private-message","receiver_id":"Bob","message":"hi"}"#,
                "receiver_id must be an address such as name@server"
            ),
            (#"{"type":"private-message","receiver_id":"bob"}"#, "message is missing"),
            (#"{"type":"private-message","receiver_id":"bob","message":null}"#, "message must be a string"),
            (#"{"type":"private-message","receiver_id":"bob","message":"hi","nonce":1}"#, "nonce must be a string"),
            (
                #"{"type":"private-message","receiver_id":"bob","message":"hi","reply_to":"x"}"#,
                "reply_to must be a lower-case UUID"
            ),
            (
                #"{"type":"private-message","receiver_id":"bob","message":"hi","attachments":{}}"#,
                "attachments must be an array"
            ),
            (
                #"{"type":"private-message","receiver_id":"bob","message":"hi","attachments":["x"]}"#,
                "attachments must be empty: this homeserver does not take files"
            ),
            (#"{"type":"mark-read","seq":1}"#, "conversation_id is missing"),
            (#"{"type":"mark-read","conversation_id":7,"seq":1}"#, "conversation_id must be a string"),
            (#"{"type":"mark-read","conversation_id":"x","seq":1}"#, "conversation_id must be a lower-case UUID"),
            (
                #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001"}"#,
                "seq is missing"
            ),
            (
                #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001","seq":null}"#,
                "seq must be an integer"
            ),
            (
                #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001","seq":"1"}"#,
                "seq must be an integer"
            ),
            (
                #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001","seq":1.5}"#,
                "seq must be an integer"
            ),
            (
                #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001","seq":-1}"#,
                "seq must be between 0 and 9223372036854775807"
            ),
            (
                #"{"type":"mark-read","conversation_id":"01990000-0000-7000-8000-000000000001","seq":9223372036854775808}"#,
                "seq must be an integer"
            ),
            (#"{"type":"ping","s":-1}"#, "s must be between 0 and 9223372036854775807"),
            (#"{"type":"ping","s":1.5}"#, "s must be an integer"),
            (#"{"type":"ping","s":9223372036854775808}"#, "s must be an integer"),
            (#"{"type":"resume","epoch":"e","s":0}"#, "session_id is missing"),
            (
                #"{"type":"resume","session_id":"01990000-0000-7000-8000-000000000001","s":0}"#,
                "epoch is missing"
            ),
            ("[]", "the frame must be a JSON object"),
            ("{}", "type is missing"),
            (#"{"type":7}"#, "type must be a string"),
            (#"{"type":"ping","type":"ping"}"#, "JSON has a key twice in one object at byte 15"),
            ("", "JSON is empty at byte 0"),
            (#"{"type":"ping"}x"#, "JSON goes on after its end at byte 15"),
        ])
    func refused(text: String, problem: String) throws {
        #expect(try refusal(text) == problem)
    }

    @Test(
        "a nonce is repeated in an error only when we would take it",
        arguments: [
            (#""a""#, "a"), (#""\u0007""#, nil), (#""""#, nil), ("1", nil), (#""é""#, nil),
        ] as [(String, String?)])
    func nonces(json: String, nonce: String?) throws {
        #expect(try ClientFrame(Array(#"{"type":"x","nonce":\#(json)}"#.utf8)).nonce == nonce)
    }

    @Test("an unknown type of any length is repeated cut")
    func longType() throws {
        let frame = try ClientFrame(Array(#"{"type":"\#(String(repeating: "é", count: 5000))"}"#.utf8))
        #expect(frame.shortType.unicodeScalars.count == 64)
    }
}
