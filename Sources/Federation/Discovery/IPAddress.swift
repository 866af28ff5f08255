#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An IPv4 or IPv6 address as a number, so that the outbound guard can compare prefixes.
///
/// An IPv4-mapped IPv6 address stays what it is: it is never taken for the IPv4 address inside it.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Family: Sendable {
        case v4, v6

        var bits: Int { self == .v4 ? 32 : 128 }
    }

    package let family: Family
    /// Most significant bit first; an IPv4 address fills the first 32.
    let value: UInt128

    /// From 4 or 16 bytes in network order.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: family = .v4
        case 16: family = .v6
        default: return nil
        }
        var value: UInt128 = 0
        for byte in bytes { value = value << 8 | UInt128(byte) }
        self.value = family == .v4 ? value << 96 : value
    }

    /// From the text forms that `inet_pton` knows; no zone, no brackets, no short IPv4.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: bytes[..<4])
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    package var bytes: [UInt8] {
        let count = family == .v4 ? 4 : 16
        return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt128(120 - 8 * $0)) }
    }

    package var description: String {
        var bytes = bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = family == .v4 ? AF_INET : AF_INET6
        guard inet_ntop(family, &bytes, &text, socklen_t(text.count)) != nil else {
            preconditionFailure("inet_ntop fails only for an unknown family or a short buffer")
        }
        return text.withUnsafeBytes { buffer in
            String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Who is behind it for the purpose of rate limits: the address, or the /64 that one IPv6 customer has.
    package var customer: IPAddress {
        family == .v4 ? self : IPAddress(family: .v6, value: value & ~UInt128(UInt64.max))
    }

    /// The IPv4 address inside `::ffff:0:0/96`: what a listener on all addresses sees of an IPv4 client.
    package var mapped: IPAddress? {
        family == .v6 && value >> 32 == 0xFFFF ? IPAddress(family: .v4, value: value << 96) : nil
    }

    fileprivate init(family: Family, value: UInt128) {
        self.family = family
        self.value = value
    }
}

/// A prefix such as `10.0.0.0/8`; the guard's table and the operator's exceptions are made of them.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    package let base: IPAddress
    package let length: Int

    /// Nil unless it is an address, a slash and a length, with no bit set behind the prefix. A bare address is itself alone.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(first) else { return nil }
        var length = base.family.bits
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), number <= length
            else { return nil }
            length = number
        }
        self.base = base
        self.length = length
        guard base.value & ~mask == 0 else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == base.family && address.value & mask == base.value
    }

    package var description: String { "\(base)/\(length)" }

    private var mask: UInt128 {
        length == 0 ? 0 : UInt128.max << UInt128(128 - length)
    }
}
