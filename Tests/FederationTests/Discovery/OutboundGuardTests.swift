import Federation
import Testing

/// The guard's table: which addresses a stranger's word may lead to.
struct OutboundGuardTests {
    @Test(arguments: [
        ("0.0.0.0", SpecialRange.Kind.unspecified), ("0.255.255.255", .unspecified), ("10.0.0.1", .privateUse),
        ("10.255.255.255", .privateUse), ("100.64.0.0", .shared), ("100.127.255.255", .shared),
        ("127.0.0.1", .loopback), ("127.255.255.254", .loopback), ("169.254.0.1", .linkLocal),
        ("169.254.169.254", .linkLocal), ("172.16.0.1", .privateUse), ("172.31.255.255", .privateUse),
        ("192.0.0.8", .protocolAssignments), ("192.0.2.1", .documentation), ("192.88.99.1", .sixToFour),
        ("192.168.0.1", .privateUse), ("192.168.255.255", .privateUse), ("198.18.0.1", .benchmarking),
        ("198.19.255.255", .benchmarking), ("198.51.100.7", .documentation), ("203.0.113.7", .documentation),
        ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("240.0.0.1", .reserved),
        ("255.255.255.255", .reserved), ("::", .unspecified), ("::1", .loopback), ("::ffff:127.0.0.1", .mapped),
        ("::ffff:8.8.8.8", .mapped), ("::ffff:169.254.169.254", .mapped), ("::127.0.0.1", .compatible),
        ("::8.8.8.8", .compatible), ("64:ff9b::7f00:1", .nat64), ("64:ff9b::808:808", .nat64),
        ("64:ff9b:1::1", .nat64), ("100::1", .discard), ("2001::1", .teredo),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", .teredo), ("2001:2::1", .benchmarking),
        ("2001:10::1", .protocolAssignments), ("2001:20::1", .protocolAssignments),
        ("2001:db8::1", .documentation), ("2002:7f00:1::", .sixToFour), ("2002:808:808::1", .sixToFour),
        ("3fff::1", .documentation), ("fc00::1", .privateUse), ("fd12:3456::1", .privateUse),
        ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateUse), ("ff02::1", .multicast),
        ("4000::1", .reserved), ("5f00::1", .reserved), ("200::1", .reserved), ("::1:0:0:0", .reserved),
    ])
    func `a special address is refused by its kind`(_ text: String, _ kind: SpecialRange.Kind) throws {
        let address = try #require(IPAddress(text))
        #expect(OutboundGuard().refusal(of: address) == kind)
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.0.3.1",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0",
        "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001::1",
        "2003::1", "3ffe::1",
    ])
    func `an address that anybody may have is dialled`(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(OutboundGuard().refusal(of: address) == nil)
    }

    @Test func `one forbidden address refuses the whole name`() throws {
        let addresses = try ["8.8.8.8", "10.0.0.1"].map { try #require(IPAddress($0)) }
        #expect(throws: DiscoveryProblem.forbiddenAddress(host: "h", address: addresses[1], kind: .privateUse)) {
            try OutboundGuard().check(addresses, of: "h")
        }
        try OutboundGuard().check([addresses[0]], of: "h")
    }

    @Test func `a name without addresses, or with too many, is refused`() throws {
        let address = try #require(IPAddress("8.8.8.8"))
        #expect(throws: DiscoveryProblem.noAddress(host: "h")) { try OutboundGuard().check([], of: "h") }
        #expect(throws: DiscoveryProblem.tooManyAddresses(host: "h")) {
            try OutboundGuard().check(Array(repeating: address, count: 33), of: "h")
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.0.0.2", false), ("10.1.2.3", true), ("10.2.0.0", false), ("::1", true),
        ("fd00::5", true), ("::ffff:127.0.0.1", false), ("::ffff:10.1.2.3", false), ("64:ff9b::7f00:1", false),
        ("2002:7f00:1::", false), ("169.254.169.254", false),
    ])
    func `an exception counts for the address as it is written`(_ text: String, _ isAllowed: Bool) throws {
        let exceptions = try ["127.0.0.1", "10.1.0.0/16", "::1/128", "fd00::/8"].map { try #require(AddressRange($0)) }
        let address = try #require(IPAddress(text))
        #expect((OutboundGuard(exceptions: exceptions).refusal(of: address) == nil) == isAllowed)
    }

    @Test(arguments: [
        (443, true), (8448, true), (1024, true), (65_535, true), (0, false), (25, false), (80, false),
        (1023, false), (65_536, false), (-1, false),
    ])
    func `only ports of web servers and above 1023 are dialled`(_ port: Int, _ isAllowed: Bool) {
        #expect(OutboundGuard.allows(port: port) == isAllowed)
    }
}

/// How addresses and ranges are read.
struct IPAddressTests {
    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "0x7f.0.0.1", "2130706433", "127.1", " 127.0.0.1",
        "127.0.0.1 ", "[::1]", "::1%lo", "fe80::1%eth0", "1:2:3:4:5:6:7", ":::", "::g", "localhost", "1.2.3.4\0",
    ])
    func `what inet_pton does not know is no address`(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("::1", "::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::FFFF:1.2.3.4", "::ffff:1.2.3.4"),
    ])
    func `text goes both ways`(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "/8", "::/129", "x/8",
        "10.0.0.0/8/8", "::1/127",
    ])
    func `a range needs a length and nothing behind it`(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test func `a range of length 0 holds its whole family and no other`() throws {
        let all = try #require(AddressRange("0.0.0.0/0"))
        #expect(all.contains(try #require(IPAddress("255.255.255.255"))))
        #expect(!all.contains(try #require(IPAddress("::"))))
    }

    @Test func `an IPv6 customer is his 64, a mapped one his IPv4 address`() throws {
        let address = try #require(IPAddress("2a00:1:2:3:4:5:6:7"))
        #expect(address.customer == IPAddress("2a00:1:2:3::"))
        #expect(IPAddress("1.2.3.4")?.customer == IPAddress("1.2.3.4"))
        #expect(IPAddress("::ffff:1.2.3.4")?.mapped == IPAddress("1.2.3.4"))
        #expect(IPAddress("::1.2.3.4")?.mapped == nil)
    }
}
