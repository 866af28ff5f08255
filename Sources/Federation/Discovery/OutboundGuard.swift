import Wire

/// Decides which addresses a homeserver may dial on a stranger's word; asked for every address before a connection.
///
/// Names of peers, delegations and redirects come from outside, so they must not lead into the operator's own network.
/// Only global unicast is dialled, plus the ranges that the operator lists.
package struct OutboundGuard: Sendable {
    /// Ranges that may be dialled although they are special, for example `127.0.0.0/8` for peers of the same machine.
    package let exceptions: [AddressRange]

    package init(exceptions: [AddressRange] = []) {
        self.exceptions = exceptions
    }

    /// Why this address must not be dialled, or nil.
    ///
    /// An exception counts for the address as it is written: `127.0.0.0/8` does not open `::ffff:127.0.0.1`.
    package func refusal(of address: IPAddress) -> SpecialRange.Kind? {
        guard let kind = SpecialRange.kind(of: address) else { return nil }
        return exceptions.contains { $0.contains(address) } ? nil : kind
    }

    /// All of them, or the first that is forbidden: a name with one forbidden address is refused whole.
    package func check(_ addresses: [IPAddress], of host: String) throws(DiscoveryProblem) {
        guard !addresses.isEmpty else { throw .noAddress(host: host) }
        guard addresses.count <= Limits.addressesPerHost else { throw .tooManyAddresses(host: host) }
        for address in addresses {
            if let kind = refusal(of: address) {
                throw .forbiddenAddress(host: host, address: address, kind: kind)
            }
        }
    }

    /// 443, 8448 and everything from 1024 on: no mail server or the like is ever spoken to.
    package static func allows(port: Int) -> Bool {
        port == 443 || (1024...65_535).contains(port)
    }
}

/// The ranges that are not global unicast, from the IANA special-purpose address registries (RFC 6890 and successors).
package struct SpecialRange: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case unspecified, loopback, linkLocal = "link-local", shared = "carrier-grade NAT", multicast, reserved
        case privateUse = "private", documentation, benchmarking, mapped = "IPv4-mapped", compatible = "IPv4-compatible"
        case nat64 = "NAT64", sixToFour = "6to4", teredo = "Teredo", discard, protocolAssignments =
            "protocol assignments"
    }

    let range: AddressRange
    let kind: Kind

    /// Nil for an address that anybody on the internet may have.
    package static func kind(of address: IPAddress) -> Kind? {
        for special in table where special.range.contains(address) { return special.kind }
        if address.family == .v6, !globalUnicast.contains(address) { return .reserved }
        return nil
    }

    /// Of IPv6 only this eighth is handed out at all (RFC 4291 §2.4): what is outside is refused without a name.
    private static let globalUnicast = range("2000::/3")

    /// The first that matches names the range.
    static let table: [SpecialRange] = [
        special("0.0.0.0/8", .unspecified),
        special("10.0.0.0/8", .privateUse),
        special("100.64.0.0/10", .shared),
        special("127.0.0.0/8", .loopback),
        special("169.254.0.0/16", .linkLocal),
        special("172.16.0.0/12", .privateUse),
        special("192.0.0.0/24", .protocolAssignments),
        special("192.0.2.0/24", .documentation),
        special("192.88.99.0/24", .sixToFour),
        special("192.168.0.0/16", .privateUse),
        special("198.18.0.0/15", .benchmarking),
        special("198.51.100.0/24", .documentation),
        special("203.0.113.0/24", .documentation),
        special("224.0.0.0/4", .multicast),
        special("240.0.0.0/4", .reserved),
        special("::/128", .unspecified),
        special("::1/128", .loopback),
        special("::ffff:0:0/96", .mapped),
        special("::/96", .compatible),
        special("64:ff9b::/96", .nat64),
        special("64:ff9b:1::/48", .nat64),
        special("100::/64", .discard),
        special("2001::/32", .teredo),
        special("2001:2::/48", .benchmarking),
        special("2001::/23", .protocolAssignments),
        special("2001:db8::/32", .documentation),
        special("2002::/16", .sixToFour),
        special("3fff::/20", .documentation),
        special("fc00::/7", .privateUse),
        special("fe80::/10", .linkLocal),
        special("fec0::/10", .privateUse),
        special("ff00::/8", .multicast),
    ]

    private static func special(_ text: String, _ kind: Kind) -> SpecialRange {
        SpecialRange(range: range(text), kind: kind)
    }

    private static func range(_ text: String) -> AddressRange {
        guard let range = AddressRange(text) else { preconditionFailure("the table holds valid prefixes only") }
        return range
    }
}
