import Federation
import Sodium
import Wire

extension FuzzTarget {
    /// A request line without its version, and a header a line; the lines are read as a request's and as an answer's.
    static let signatureHeaders = FuzzTarget(name: "signature-headers") { bytes throws(Finding) in
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 40, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let line = lines[0].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        let target = (line.count == 2 ? line[1] : "")
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts.count == 2 ? String(parts[1].drop { $0 == " " }) : "")
        }
        let head = SignedRequestHead(
            method: line[0], path: target[0], query: target.count == 2 ? target[1] : "", headers: headers)
        if let route = FederationRoute(method: head.method, path: head.path),
            case .transaction(let epoch, let seq) = route
        {
            guard FederationRoute.transactionPath(epoch: epoch, firstSeq: seq) == head.path else {
                throw Finding("two paths are one transaction")
            }
        }
        if let request = try? RequestSignature(parsing: head) {
            try SignatureForms.areTheOnly(request.headers, of: headers)
            let now = Instant(seconds: 1_700_000_000)
            _ = try? request.checkTime(now: now, startedAt: now - .seconds(600))
            guard let key = SignatureForms.key, (try? request.verify(with: key)) == nil else {
                throw Finding("a signature of nobody's holds")
            }
        }
        let answered = [UInt8](repeating: 7, count: 64)
        if let answer = try? ResponseSignature(parsing: headers, status: 200, requestSignature: answered) {
            try SignatureForms.areTheOnly(answer.headers, of: headers)
        }
    }
}

/// What is checked of a head that was taken.
private enum SignatureForms {
    /// Of a seed that signed nothing in the corpus.
    static let key = Ed25519.SigningKey(seed: SecretBytes(copying: (0..<32).map { UInt8($0 &* 7 &+ 1) }))?.publicKey

    /// The profile is closed: each header has one form, the one that we would have written.
    static func areTheOnly(
        _ ours: [(name: String, value: String)], of theirs: [(name: String, value: String)]
    ) throws(Finding) {
        for header in ours {
            let values = theirs.filter { $0.name.lowercased() == header.name }.map(\.value)
            guard values == [header.value] else { throw Finding("\(header.name) has two forms") }
        }
    }
}
