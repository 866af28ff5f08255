import Federation
import Testing
import Wire

@Suite struct NonceCacheTests {
    private let time = ManualTime(monotonic: .seconds(6030))

    private func nonce(_ number: Int) -> [UInt8] {
        [UInt8](repeating: 7, count: 14) + [UInt8(number / 256), UInt8(number % 256)]
    }

    private func key(_ number: Int) throws -> KeyID {
        try #require(KeyID("0123456789abcd0\(number)"))
    }

    @Test func aNonceCountsOnceAKey() throws {
        let cache = NonceCache(time: time)
        #expect(cache.insert(nonce(1), key: try key(1)) == .fresh)
        #expect(cache.insert(nonce(1), key: try key(1)) == .repeated)
        #expect(cache.insert(nonce(1), key: try key(2)) == .fresh)
        #expect(cache.insert(nonce(2), key: try key(1)) == .fresh)
        #expect(cache.insert(nonce(1), key: try key(1)) == .repeated)
    }

    @Test func itIsRememberedForTenMinutesAndForgottenAfterEleven() throws {
        let cache = NonceCache(time: time)
        #expect(cache.insert(nonce(1), key: try key(1)) == .fresh)
        time.advance(by: .seconds(600))
        #expect(cache.insert(nonce(1), key: try key(1)) == .repeated)
        time.advance(by: .seconds(60))
        #expect(cache.insert(nonce(1), key: try key(1)) == .fresh)
    }

    @Test func atItsBoundAKeyWaitsButAReplayStaysOne() throws {
        let cache = NonceCache(time: time, perKey: 10, total: 100)
        for number in 0..<10 { #expect(cache.insert(nonce(number), key: try key(1)) == .fresh) }
        #expect(cache.insert(nonce(10), key: try key(1)) == .full)
        #expect(cache.insert(nonce(0), key: try key(1)) == .repeated)
        #expect(cache.insert(nonce(0), key: try key(2)) == .fresh)
        // The time window takes a request for 360 s: until then nothing may go.
        time.advance(by: .seconds(361))
        #expect(cache.insert(nonce(0), key: try key(1)) == .repeated)
        #expect(cache.insert(nonce(10), key: try key(1)) == .full)
        time.advance(by: .seconds(60))
        #expect(cache.insert(nonce(10), key: try key(1)) == .fresh)
    }

    @Test func atItsBoundTheWholeCacheWaits() throws {
        let cache = NonceCache(time: time, perKey: 10, total: 20)
        for number in 0..<10 {
            #expect(cache.insert(nonce(number), key: try key(1)) == .fresh)
            #expect(cache.insert(nonce(number), key: try key(2)) == .fresh)
        }
        #expect(cache.insert(nonce(0), key: try key(3)) == .full)
        time.advance(by: .seconds(421))
        #expect(cache.insert(nonce(0), key: try key(3)) == .fresh)
        #expect(cache.insert(nonce(10), key: try key(1)) == .fresh)
    }
}
