import CSodium

/// Unpredictable bytes from the operating system; tokens, nonces, salts and seeds are made of them.
package enum RandomBytes {
    package static func array(count: Int) -> [UInt8] {
        Sodium.prepare()
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }
}
