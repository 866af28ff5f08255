#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The network that a client's address stands for when attempts are counted; made from `ClientOrigin.address`.
///
/// An IPv4 address is its own network. Of an IPv6 address the first 64 bits count, because one subscriber holds a whole /64;
/// an IPv4-mapped one is the IPv4 address. Anything else (a unix socket's name) counts as it is, cut at 64 characters.
struct ClientNetwork: Hashable, Sendable {
    let text: String

    init(address: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, address, &bytes) == 1 else {
            text = String(address.prefix(64))
            return
        }
        if bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            text = bytes[12...].map(String.init).joined(separator: ".")
        } else {
            let groups = stride(from: 0, to: 8, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
            text = groups.map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
        }
    }
}
