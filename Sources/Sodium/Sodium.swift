import CSodium

/// libsodium, ready for use; every type of this module calls `prepare()` before its first C function.
package enum Sodium {
    private static let isReady = sodium_init() >= 0

    /// Chooses implementations and opens the random source, once per process; safe from any thread.
    package static func prepare() {
        guard isReady else { preconditionFailure("sodium_init fails only where there is no source of random bytes") }
    }

    /// Whether both hold the same bytes, in a time that depends only on their lengths.
    package static func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }
}

/// Lends the bytes of any collection, copying only those that are not contiguous. libsodium wants an address even for
/// no bytes at all.
func withBytes<Result>(
    of collection: some Collection<UInt8>, _ body: (UnsafePointer<UInt8>, Int) -> Result
) -> Result {
    let result = collection.withContiguousStorageIfAvailable { buffer -> Result? in
        guard let address = buffer.baseAddress else { return nil }
        return body(address, buffer.count)
    }
    if let result = result ?? nil { return result }
    return body(Array(collection) + [0], collection.count)
}
