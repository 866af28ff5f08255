import Sodium
import Testing

@Suite struct SecretBytesTests {
    @Test func bytesAreKept() {
        #expect(SecretBytes(copying: [1, 2, 3]).withBytes { Array($0) } == [1, 2, 3])
        #expect(SecretBytes(copying: []).withBytes { $0.count } == 0)
        #expect(SecretBytes.random(count: 5000).count == 5000)
    }

    @Test func randomBytesDiffer() {
        #expect(RandomBytes.array(count: 0) == [])
        #expect(RandomBytes.array(count: 32).count == 32)
        #expect(Set((0..<100).map { _ in RandomBytes.array(count: 16) }).count == 100)
        #expect(SecretBytes.random(count: 32).withBytes { Array($0) } != [UInt8](repeating: 0, count: 32))
    }

    @Test func wipingLeavesNothing() {
        var password = Array("secret".utf8)
        SecretBytes.wipe(&password)
        #expect(password.isEmpty)
    }

    @Test func comparisonIsByValue() {
        #expect(Sodium.constantTimeEquals([1, 2], [1, 2]))
        #expect(!Sodium.constantTimeEquals([1, 2], [1, 3]))
        #expect(!Sodium.constantTimeEquals([1, 2], [1, 2, 3]))
        #expect(Sodium.constantTimeEquals([], []))
    }
}
