import Testing
import Wire

@testable import Certificates

/// What is read of certificates, and how they are judged; the authority under test signs them.
struct CertificateTests {
    private static let now = Instant(seconds: 1_790_000_000)
    private static let day = Duration.seconds(86_400)
    private let host: ServerName
    private let authority: LocalAuthority

    init() throws {
        host = try #require(ServerName("alpha.example"))
        authority = try LocalAuthority.make(now: Self.now)
    }

    private func judge(
        _ chain: [Certificate], host: ServerName? = nil, trust: CertificateJudgement.Trust? = nil,
        after: Duration = .zero
    ) -> CertificateJudgement {
        CertificateJudgement(
            of: chain, host: host ?? self.host, trust: trust ?? .authorities([authority.certificate]),
            now: Self.now + after)
    }

    @Test func `a certificate of the authority holds for a year, for its name alone`() throws {
        let issued = try authority.issue(for: host, addresses: [[127, 0, 0, 1]], now: Self.now)
        #expect(issued.certificate.names == ["alpha.example"])
        #expect(issued.certificate.addresses == [[127, 0, 0, 1]])
        #expect(issued.certificate.issuer.hasPrefix(LocalAuthority.namePrefix))
        #expect(issued.certificate.isSigned(by: authority.certificate))
        let judgement = judge([issued.certificate])
        #expect(judgement.fault == nil)
        #expect(judgement.daysLeft == 365)
        let other = try #require(ServerName("beta.example"))
        #expect(judge([issued.certificate], host: other).fault == .wrongName(names: ["alpha.example"]))
        let below = try #require(ServerName("www.alpha.example"))
        #expect(judge([issued.certificate], host: below).fault == .wrongName(names: ["alpha.example"]))
    }

    @Test func `time is judged before everything else`() throws {
        let certificate = try authority.issue(for: host, now: Self.now).certificate
        let late = judge([certificate], after: Self.day * 365 + .seconds(1))
        #expect(late.fault == .expired(at: certificate.notAfter))
        #expect(late.daysLeft == -1)
        #expect(judge([certificate], after: .zero - Self.day).fault == .notYetValid(from: certificate.notBefore))
        #expect(judge([certificate], after: Self.day * 365).daysLeft == 0)
    }

    @Test func `who is not trusted is named`() throws {
        let certificate = try authority.issue(for: host, now: Self.now).certificate
        let other = try LocalAuthority.make(now: Self.now)
        let fault = CertificateJudgement.Fault.unknownAuthority(issuer: authority.certificate.subject)
        #expect(judge([certificate], trust: .authorities([other.certificate])).fault == fault)
        #expect(judge([certificate], trust: .system).fault == fault)
        #expect(judge([certificate, authority.certificate], trust: .authorities([other.certificate])).fault == fault)
        #expect(!certificate.isSigned(by: other.certificate))
    }

    @Test func `an authority does not pass for a server, nor a server for an authority`() throws {
        let issued = try authority.issue(for: host, now: Self.now)
        let false_ = try #require(LocalAuthority(certificate: issued.certificate, key: issued.key))
        let below = try false_.issue(for: host, now: Self.now).certificate
        guard case .refused = judge([below, issued.certificate]).fault else {
            Issue.record("a certificate signed by a server's is not refused")
            return
        }
    }

    @Test func `the first end in a chain counts`() throws {
        let certificate = try authority.issue(for: host, now: Self.now).certificate
        let old = try LocalAuthority.make(now: Self.now - Self.day * 3640)
        #expect(judge([certificate, old.certificate]).expires == old.certificate.notAfter)
        let last = try old.issue(for: host, now: Self.now).certificate
        #expect(last.notAfter == old.certificate.notAfter, "no certificate outlives its authority")
    }

    @Test func `PEM is read back, with what else is in the file left out`() throws {
        let issued = try authority.issue(for: host, now: Self.now)
        let file = issued.key.pem + issued.certificate.pem + Array("a word\n".utf8) + authority.certificate.pem
        #expect(Certificate.chain(pem: file) == [issued.certificate, authority.certificate])
        #expect(Certificate.chain(pem: []) == nil)
        #expect(Certificate.chain(pem: issued.key.pem) == nil)
        #expect(Certificate.chain(pem: issued.certificate.pem.dropLast(40) + [10]) == nil)
        #expect(Certificate.chain(pem: [UInt8](repeating: 10, count: Certificate.longestFile + 1)) == nil)
        #expect(PrivateKey(pem: issued.certificate.pem) == nil)
    }

    @Test func `a key belongs to one certificate`() throws {
        let one = try authority.issue(for: host, now: Self.now)
        let two = try authority.issue(for: host, now: Self.now)
        #expect(one.certificate.belongs(to: one.key))
        #expect(!one.certificate.belongs(to: two.key))
        #expect(LocalAuthority(certificate: authority.certificate, key: one.key) == nil)
        #expect(one.certificate != two.certificate)
    }
}
