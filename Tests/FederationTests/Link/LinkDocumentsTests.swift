import Federation
import Home
import Testing
import Wire

/// Bodies, routes and codes of a link: what one side writes the other reads, and nothing else passes.
struct LinkDocumentsTests {
    @Test func `hello goes both ways`() throws {
        let hello = Hello(epoch: "E-1.x_Y", firstSeq: 43, received: LanePosition(epoch: "F", last: 0))
        let body = JSONWriter.bytes(of: hello)
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"v":1,"epoch":"E-1.x_Y","first_seq":43,"received":{"epoch":"F","last":0}}"#)
        #expect(try Hello(body: body) == hello)
        let held = Hello(epoch: "E", firstSeq: Limits.largestNumber, heldFrom: 7, received: nil)
        #expect(try Hello(body: JSONWriter.bytes(of: held)) == held)
        let first = Hello(epoch: "E", firstSeq: 1, received: nil)
        #expect(try Hello(body: JSONWriter.bytes(of: first)) == first)
    }

    @Test(arguments: [
        #"{"v":1,"epoch":"","first_seq":1}"#, #"{"v":1,"epoch":"a/b","first_seq":1}"#,
        #"{"v":1,"epoch":"E","first_seq":0}"#,
        #"{"v":1,"epoch":"E"}"#, #"{"v":1,"first_seq":1}"#, #"{"epoch":"E","first_seq":1}"#,
        #"{"v":1,"epoch":"E","first_seq":1,"received":{"epoch":"E","last":-1}}"#,
        #"{"v":1,"epoch":"E","first_seq":1,"received":7}"#, #"{"v":1,"epoch":"E","first_seq":9223372036854775808}"#,
        #"{"v":1,"epoch":"E","first_seq":9223372036854775807}"#, #"{"v":1,"epoch":"E","first_seq":9007199254740992}"#,
        #"{"v":1,"epoch":"E","first_seq":1,"held_from":0}"#,
        #"{"v":1,"epoch":"E","first_seq":1,"received":{"epoch":"E","last":9223372036854775807}}"#,
        "{\"v\":1,\"epoch\":\"\(String(repeating: "e", count: 65))\",\"first_seq\":1}",
    ])
    func `a hello that is none is refused`(_ body: String) {
        let error = #expect(throws: FederationError.self) { try Hello(body: Array(body.utf8)) }
        #expect(error?.status == 400)
    }

    @Test func `a transaction's answer goes both ways`() throws {
        let answer = TransactionAnswer(epoch: "E1", ack: 42, rejected: [RejectedEvent(seq: 41, code: "not_found")])
        let body = JSONWriter.bytes(of: answer)
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"epoch":"E1","ack":42,"rejected":[{"seq":41,"code":"not_found"}],"window":100}"#)
        #expect(try TransactionAnswer(body: body) == answer)
    }

    @Test(arguments: ["NOT_FOUND", "", "<script>", String(repeating: "a", count: 33), "a b"])
    func `a code that is no short word becomes unknown`(_ code: String) throws {
        let body = #"{"epoch":"E","ack":1,"rejected":[{"seq":1,"code":"\#(code)"}],"window":1}"#
        #expect(try TransactionAnswer(body: Array(body.utf8)).rejected == [RejectedEvent(seq: 1, code: "unknown")])
    }

    @Test(arguments: [
        ("GET", "/federation/v1/keys", FederationRoute.keys), ("GET", "/.well-known/home-server", .wellKnown),
        ("POST", "/federation/v1/hello", .hello), ("POST", "/federation/v1/echo", .echo),
        ("PUT", "/federation/v1/transactions/E1/42", .transaction(epoch: "E1", firstSeq: 42)),
    ])
    func `the routes`(_ method: String, _ path: String, _ route: FederationRoute) {
        #expect(FederationRoute(method: method, path: path) == route)
        if case .transaction(let epoch, let first) = route {
            #expect(FederationRoute.transactionPath(epoch: epoch, firstSeq: first) == path)
        }
    }

    @Test(arguments: [
        ("PUT", "/federation/v1/keys"), ("GET", "/federation/v1/keys/"), ("GET", "/federation/v1/Keys"), ("GET", "/"),
        ("GET", ""), ("get", "/federation/v1/keys"), ("GET", "//federation/v1/keys"), ("GET", "/federation/v1/%6beys"),
        ("PUT", "/federation/v1/transactions/"), ("PUT", "/federation/v1/transactions/E1"),
        ("PUT", "/federation/v1/transactions/E1/"), ("PUT", "/federation/v1/transactions/E1/0"),
        ("PUT", "/federation/v1/transactions/E1/042"), ("PUT", "/federation/v1/transactions/E1/+4"),
        ("PUT", "/federation/v1/transactions/E1/4/"), ("PUT", "/federation/v1/transactions/E1/9223372036854775808"),
        ("PUT", "/federation/v1/transactions//4"), ("PUT", "/federation/v1/transactions/E%31/4"),
        ("POST", "/federation/v1/transactions/E1/42"), ("PUT", "/federation/v2/transactions/E1/42"),
    ])
    func `everything else is no route`(_ method: String, _ path: String) {
        #expect(FederationRoute(method: method, path: path) == nil)
    }

    @Test(arguments: [
        FederationError.invalid(problem: "v must be an integer"), .badSignature, .unknownKey,
        .stale(now: Instant(milliseconds: 1_700_000_000_123)), .clockSkew(now: Instant(seconds: 1_700_000_000)),
        .blocked, .notAllowed, .notFound, .gap(expected: 43), .fork, .epochUnknown(last: 0), .lengthRequired, .tooLarge,
        .version, .rateLimited(retryAfter: .seconds(7)), .unavailable(retryAfter: .seconds(2)), .keysUnavailable,
        .internal,
    ])
    func `every refusal goes both ways`(_ error: FederationError) {
        let body = JSONWriter.bytes(of: error)
        #expect(FederationError(status: error.status, body: body, retryAfter: error.retryAfter) == error)
    }

    @Test(arguments: [
        (409, "{}"), (409, #"{"code":"gap"}"#), (409, #"{"code":"gap","expected":0}"#), (401, #"{"code":"stale"}"#),
        (409, "<html>"), (418, #"{"code":"teapot"}"#), (200, #"{"code":"fork"}"#), (503, ""),
    ])
    func `a refusal that is none of ours is left to its status`(_ status: Int, _ body: String) {
        #expect(FederationError(status: status, body: Array(body.utf8), retryAfter: nil) == nil)
    }

    @Test func `delays are whole seconds, rounded up`() {
        #expect(FederationError.rateLimited(retryAfter: .milliseconds(1)).retryAfter == .seconds(1))
        #expect(FederationError.rateLimited(retryAfter: .milliseconds(1001)).retryAfter == .seconds(2))
        #expect(FederationError.unavailable(retryAfter: .zero).retryAfter == .seconds(1))
    }
}
