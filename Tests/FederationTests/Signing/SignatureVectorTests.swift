import Federation
import FoundationEssentials
import Sodium
import Testing
import Wire

/// docs/federation-vectors.json, made by another implementation: every vector has the result that it states.
@Suite struct SignatureVectorTests {
    @Test func everyRequestVectorHasItsResult() throws {
        let vectors = try VectorFile.load().objects("requests")
        var refused = 0
        for vector in vectors {
            let name = try vector.string("name")
            let expected = try vector.string("result")
            #expect(try RequestVector(vector).run() == expected, "\(name)")
            if expected != "accepted" { refused += 1 }
        }
        #expect(vectors.count >= 140 && refused >= 130)
    }

    @Test func everyResponseVectorHasItsResult() throws {
        let vectors = try VectorFile.load().objects("responses")
        var refused = 0
        for vector in vectors {
            let name = try vector.string("name")
            let expected = try vector.string("result")
            #expect(try ResponseVector(vector).run() == expected, "\(name)")
            if expected != "accepted" { refused += 1 }
        }
        #expect(vectors.count >= 26 && refused >= 24)
    }

    /// Ed25519 is deterministic, so signing gives the vector's very bytes.
    @Test func signingARequestGivesTheVectorsBytes() throws {
        let vector = try #require(try VectorFile.load().objects("requests").first)
        let key = try VectorFile.signingKey()
        let signed = RequestSignature(
            method: "PUT", path: "/federation/v1/transactions/E1/42", body: Array(#"{"v":1,"events":[]}"#.utf8),
            origin: try #require(ServerName("a.example")), destination: try #require(ServerName("b.example")),
            created: Instant(milliseconds: 1_700_000_000_999), nonce: Array(0..<16), key: key)
        let head = try RequestVector(vector).head
        #expect(
            signed.headers.map { "\($0.name): \($0.value)" }
                == head.headers.map { "\($0.name.lowercased()): \($0.value)" })
        #expect(
            Base64.encode(signed.signature)
                == "8p+VUbmJcP4oieyg0bYRcO3zpwKMunrfqrPMf/+kwH7EvXpu0tH6Yhx2D9BlsPm3iH9Jsl8vPsl1OFD7p5CLAA==")
        #expect(try RequestSignature(parsing: head).signature == signed.signature)
    }

    @Test func signingAnAnswerGivesTheVectorsBytes() throws {
        let vector = try #require(try VectorFile.load().objects("responses").first)
        let answer = try ResponseVector(vector)
        let signed = ResponseSignature(
            status: 200, body: Array(#"{"epoch":"E1","ack":42,"rejected":[],"window":100}"#.utf8),
            requestSignature: answer.requestSignature, created: Instant(seconds: 1_700_000_001),
            key: try VectorFile.signingKey())
        #expect(signed.headers.map { "\($0.name): \($0.value)" } == answer.headers.map { "\($0.name): \($0.value)" })
        #expect(
            Base64.encode(signed.signature)
                == "jBs+8q45CSXuP3NOR25pxghgnRiC3wXPuZvfxO1wSIPNEmeawo4QldiKw5Qt7hk1KGYFaLVD8YyzSO7/wJPZBg==")
    }

    /// The texts that were signed stand in the file for other implementations; here they verify as they are.
    @Test func theTextsInTheFileAreWhatIsSigned() throws {
        let key = try VectorFile.signingKey().publicKey
        var count = 0
        for list in ["requests", "responses"] {
            for vector in try VectorFile.load().objects(list) {
                guard let base = try vector.optionalString("base") else { continue }
                let headers = try headers(of: try vector.object(list == "requests" ? "request" : "response"))
                let header = try #require(headers.first { $0.name.lowercased() == "signature" })
                let signature = try #require(Base64.decode(header.value.dropFirst(5).dropLast()))
                #expect(key.verify(signature: signature, of: Array(base.utf8)))
                count += 1
            }
        }
        #expect(count == 5)
    }

    @Test func aSignedRequestIsReadBack() throws {
        let key = try VectorFile.signingKey()
        let origin = try #require(ServerName("a.example"))
        let destination = try #require(ServerName("b.example"))
        let signed = RequestSignature(
            method: "GET", path: "/federation/v1/echo", query: "x=%20&y", body: [], origin: origin,
            destination: destination, created: SystemTime().now(), nonce: RandomBytes.array(count: 16), key: key)
        let head = SignedRequestHead(
            method: "GET", path: "/federation/v1/echo", query: "x=%20&y", headers: signed.headers)
        let read = try RequestSignature(parsing: head)
        try read.verify(with: key.publicKey)
        try read.contentDigest.check(body: [])
        #expect(read.origin == origin && read.destination == destination)
        #expect(read.created == signed.created && read.expires == signed.expires && read.nonce == signed.nonce)
        #expect(read.keyID == KeyID(of: key.publicKey))
    }
}

/// The file, read with the project's own strict reader.
enum VectorFile {
    static func load() throws -> JSONObject {
        let here = URL(filePath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try Data(contentsOf: root.appending(path: "docs/federation-vectors.json"))
        return try #require(try JSON.parse(file).object)
    }

    static func signingKey() throws -> Ed25519.SigningKey {
        let key = try #require(try load().objects("signing_keys").first)
        let seed = try #require(Hex.decode(try key.string("seed")))
        return try #require(Ed25519.SigningKey(seed: SecretBytes(copying: seed)))
    }
}

func headers(of message: JSONObject) throws -> [(name: String, value: String)] {
    try message.array("headers").map { pair in
        guard case .array(let parts) = pair, parts.count == 2, case .string(let name) = parts[0],
            case .string(let value) = parts[1]
        else { throw FieldError(field: "headers", problem: "must hold pairs of strings") }
        return (name, value)
    }
}

/// The keys that a vector's receiver knows: those that our own rules take.
func knownKeys(_ vector: JSONObject) throws -> [KeyID: Ed25519.PublicKey] {
    var keys: [KeyID: Ed25519.PublicKey] = [:]
    for case .string(let hex) in try vector.array("keys") {
        guard let bytes = Hex.decode(hex), let key = Ed25519.PublicKey(bytes: bytes) else { continue }
        keys[KeyID(of: key)] = key
    }
    return keys
}

/// One request vector, taken through all checks in the order of docs/federation-keys.md.
struct RequestVector {
    let head: SignedRequestHead
    private let vector: JSONObject

    init(_ vector: JSONObject) throws {
        self.vector = vector
        head = try RequestVector.head(try vector.object("request"))
    }

    func run() throws -> String {
        let nonces = NonceCache(time: ManualTime())
        if let before = try vector.optionalObject("after") {
            #expect(try result(RequestVector.head(before), before, nonces) == "accepted")
        }
        let request = try vector.object("request")
        if try vector.optionalBool("repeated") == true {
            #expect(try result(head, request, nonces) == "accepted")
        }
        return try result(head, request, nonces)
    }

    private func result(_ head: SignedRequestHead, _ request: JSONObject, _ nonces: NonceCache) throws -> String {
        let us = try vector.serverName("us")
        let now = Instant(seconds: try vector.integer("now"))
        let started = Instant(seconds: try vector.integer("started"))
        let keys = try knownKeys(vector)
        let body = Array(try request.string("body").utf8)
        do throws(SignatureProblem) {
            let signature = try RequestSignature(parsing: head)
            try signature.checkDestination(us)
            try signature.checkTime(now: now, startedAt: started)
            guard let key = keys[signature.keyID] else { throw .unknownKey }
            try signature.verify(with: key)
            guard nonces.insert(signature.nonce, key: signature.keyID) == .fresh else { throw .replay }
            try signature.contentDigest.check(body: body)
            return "accepted"
        } catch {
            #expect(
                error.refusal.status == (error.name.hasPrefix("malformed") || error == .wrongDestination ? 400 : 401))
            return error.name
        }
    }

    private static func head(_ request: JSONObject) throws -> SignedRequestHead {
        SignedRequestHead(
            method: try request.string("method"), path: try request.string("path"), query: try request.string("query"),
            headers: try FederationTests.headers(of: request))
    }
}

/// One answer vector, checked as the outgoing side does.
struct ResponseVector {
    let headers: [(name: String, value: String)]
    let requestSignature: [UInt8]
    private let vector: JSONObject

    init(_ vector: JSONObject) throws {
        self.vector = vector
        headers = try FederationTests.headers(of: try vector.object("response"))
        requestSignature = try #require(Base64.decode(try vector.string("request_signature")))
    }

    func run() throws -> String {
        let response = try vector.object("response")
        let status = Int(try response.integer("status"))
        let body = Array(try response.string("body").utf8)
        let keys = try knownKeys(vector)
        do throws(SignatureProblem) {
            let signature = try ResponseSignature(parsing: headers, status: status, requestSignature: requestSignature)
            guard let key = keys[signature.keyID] else { throw .unknownKey }
            try signature.verify(with: key)
            try signature.contentDigest.check(body: body)
            return "accepted"
        } catch {
            return error.name
        }
    }
}
