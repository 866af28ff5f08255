import COpenSSL

/// One of OpenSSL's objects, let go of with this one; it never leaves the call that made it.
class OpenSSLObject {
    fileprivate let pointer: OpaquePointer

    /// Takes over the reference.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    /// The object, which is there until `body` has returned and no longer.
    final func use<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(pointer) }
    }
}

/// A certificate.
final class X509: OpenSSLObject {
    convenience init?(reading buffer: MemoryBuffer) {
        guard let pointer = buffer.use({ copenssl_read_certificate($0) }) else { return nil }
        self.init(owning: pointer)
    }

    convenience init?(der: [UInt8]) {
        let pointer = der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return d2i_X509(nil, &next, bytes.count)
        }
        guard let pointer else {
            ERR_clear_error()
            return nil
        }
        self.init(owning: pointer)
    }

    deinit { X509_free(pointer) }

    var der: [UInt8] {
        use { pointer in
            let count = i2d_X509(pointer, nil)
            guard count > 0 else { return [] }
            return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
                var next = buffer.baseAddress
                written = Int(max(0, i2d_X509(pointer, &next)))
            }
        }
    }

    /// The names of the kinds DNS and IP.
    var alternativeNames: (names: [String], addresses: [[UInt8]]) {
        typealias Names = (names: [String], addresses: [[UInt8]])
        var found: Names = ([], [])
        use { pointer in
            withUnsafeMutablePointer(to: &found) { found in
                copenssl_names(pointer, found) { context, kind, bytes, count in
                    let found = context?.assumingMemoryBound(to: (names: [String], addresses: [[UInt8]]).self)
                    let bytes = Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
                    if kind == GEN_DNS {
                        found?.pointee.names.append(String(decoding: bytes, as: UTF8.self))
                    } else {
                        found?.pointee.addresses.append(bytes)
                    }
                }
            }
        }
        return found
    }
}

/// Bytes that OpenSSL reads from or writes to.
final class MemoryBuffer: OpenSSLObject {
    convenience init(_ bytes: [UInt8] = []) {
        guard let pointer = BIO_new(BIO_s_mem()) else {
            preconditionFailure("a memory buffer fails only without memory")
        }
        if !bytes.isEmpty { _ = BIO_write(pointer, bytes, Int32(clamping: bytes.count)) }
        self.init(owning: pointer)
    }

    deinit { BIO_free_all(pointer) }

    var bytes: [UInt8] {
        use { pointer in
            var start: UnsafePointer<UInt8>?
            let count = copenssl_bytes_of(pointer, &start)
            return Array(UnsafeBufferPointer(start: start, count: max(0, count)))
        }
    }
}

/// A private key.
final class EVPKey: OpenSSLObject {
    deinit { EVP_PKEY_free(pointer) }
}
