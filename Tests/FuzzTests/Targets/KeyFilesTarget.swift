import Federation

@testable import Sodium

extension FuzzTarget {
    /// A sealed file, which is opened when that is cheap, and the texts that operators give: fingerprints and key ids.
    static let keyFiles = FuzzTarget(name: "key-files") { bytes throws(Finding) in
        let text = String(decoding: bytes, as: UTF8.self)
        if let fingerprint = Fingerprint(text), Fingerprint(fingerprint.text) != fingerprint {
            throw Finding("a fingerprint is written otherwise than it was read")
        }
        if let id = KeyID(text), id.text != text { throw Finding("a key id is written otherwise than it was read") }
        guard let file = try? SealedFile(parsing: bytes), file.cost == .minimum,
            let secret = try? file.open(passphrase: SecretBytes(copying: Array("corpus".utf8)))
        else { return }
        // Nobody makes another file that opens: every byte is authenticated.
        let isOurs = secret.withAddress { memory in
            UnsafeBufferPointer(start: memory, count: secret.count).elementsEqual((0..<32).map { UInt8($0) })
        }
        guard isOurs else { throw Finding("a file that was changed opens") }
    }
}
