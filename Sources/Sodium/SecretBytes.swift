import CSodium

/// Bytes that must not leak: locked in memory between guard pages, read-only once made, overwritten when let go.
///
/// `@unchecked Sendable`: nothing writes to the memory after `init`, and the pages are protected against it.
package final class SecretBytes: @unchecked Sendable {
    package let count: Int
    private let memory: UnsafePointer<UInt8>

    /// Lets `fill` write the secret in place; `fill` gets zeroed memory of `count` bytes.
    init<Failure: Error>(
        count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        Sodium.prepare()
        guard let memory = sodium_malloc(max(count, 1)) else {
            preconditionFailure("out of memory for \(count) locked bytes")
        }
        let bytes = memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
        do {
            try fill(bytes)
        } catch {
            sodium_free(memory)
            throw error
        }
        sodium_mprotect_readonly(memory)
        self.memory = UnsafePointer(bytes)
        self.count = count
    }

    /// Takes over a copy; the caller's own copy is his to wipe.
    package convenience init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { memory in
            for (offset, byte) in bytes.enumerated() { memory[offset] = byte }
        }
    }

    package static func random(count: Int) -> SecretBytes {
        SecretBytes(count: count) { memory in randombytes_buf(memory, count) }
    }

    deinit {
        sodium_free(UnsafeMutablePointer(mutating: memory))
    }

    /// Lends the bytes; they must not be copied to where they stay.
    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: memory, count: count))
    }

    func withAddress<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        body(memory)
    }

    /// Overwrites an ordinary array that held a secret for a moment.
    package static func wipe(_ bytes: inout [UInt8]) {
        sodium_memzero(&bytes, bytes.count)
        bytes.removeAll()
    }
}
