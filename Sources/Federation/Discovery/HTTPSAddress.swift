package import Wire

/// An `https` URL cut into what a connection needs; configured peers, delegations and their redirects are read with it.
package struct HTTPSAddress: Sendable, Hashable, CustomStringConvertible {
    package let host: ServerName
    package let port: Int
    /// Path and query, from the first slash on.
    package let target: String

    package init(host: ServerName, port: Int, target: String = "/") {
        self.host = host
        self.port = port
        self.target = target
    }

    /// Nil for another scheme, user names, fragments, IP literals, and a port that is no number from 1 to 65535.
    package init?(_ url: String) {
        let scheme = "https://"
        guard url.utf8.count <= 2048, url.utf8.starts(with: scheme.utf8),
            url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        let rest = url.utf8.dropFirst(scheme.utf8.count)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        guard let authority = HostAndPort(url[rest.startIndex..<end]) else { return nil }
        let tail = String(url[end...])
        self.init(
            host: authority.host, port: authority.port ?? 443, target: tail.hasPrefix("/") ? tail : "/" + tail)
    }

    /// Where a `Location` leads: an absolute `https` URL, or a path of the same host.
    package func redirected(to location: String) -> HTTPSAddress? {
        guard location.hasPrefix("/") else { return HTTPSAddress(location) }
        guard !location.hasPrefix("//") else { return HTTPSAddress("https:" + location) }
        return HTTPSAddress("https://\(host):\(port)\(location)")
    }

    package var description: String {
        port == 443 ? "https://\(host)\(target)" : "https://\(host):\(port)\(target)"
    }
}

/// `h` or `h:port`, as a delegation and the authority of a URL have it.
package struct HostAndPort: Sendable, Hashable {
    package let host: ServerName
    package let port: Int?

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let host = ServerName(first) else { return nil }
        self.host = host
        guard parts.count == 2 else {
            port = nil
            return
        }
        let digits = parts[1]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits), (1...65_535).contains(number)
        else { return nil }
        port = number
    }
}
