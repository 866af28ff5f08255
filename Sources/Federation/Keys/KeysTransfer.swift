package import Sodium
package import Wire

/// What travels by file between a homeserver's machine and the one that has its root: a keyset, and on the way there the
/// public half of a new online key. Nothing in it is secret: `{"v": 1, "keyset": …, "new_key"?: base64}`.
package struct KeysTransfer: Sendable {
    package let keyset: SignedKeyset
    package let newKey: Ed25519.PublicKey?

    package init(_ keyset: SignedKeyset, newKey: Ed25519.PublicKey? = nil) {
        self.keyset = keyset
        self.newKey = newKey
    }

    /// Reads the file; the keyset must be signed by its own root, and whether that is the right one is for the caller.
    package init(reading file: OutsideFile) throws(KeysProblem) {
        let bytes = try file.read(maximumBytes: KeysDocument.maximumBytes, isPrivate: false)
        let object = try KeyDirectory.object(of: bytes, path: file.path)
        do throws(FieldError) {
            _ = try object.integer("v", in: 1...1)
            keyset = try SignedKeyset(try object.object("keyset"))
            newKey = object["new_key"] == nil ? nil : try Keyset.publicKey("new_key", of: object)
            guard keyset.envelope.isSigned(by: keyset.keyset.root, as: .keyset) else {
                throw FieldError(field: "keyset.signatures", problem: "must hold one of the root")
            }
        } catch {
            throw .invalid(path: file.path, problem: error.description)
        }
    }

    /// Makes the file; what is there is never overwritten.
    package func write(to file: OutsideFile) throws(KeysProblem) {
        try file.create(JSONWriter.bytes(of: self) + [UInt8(ascii: "\n")])
    }
}

extension KeysTransfer: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("keyset", keyset)
        writer.field("new_key", newKey.map { Base64.encode($0.bytes) })
        writer.endObject()
    }
}
