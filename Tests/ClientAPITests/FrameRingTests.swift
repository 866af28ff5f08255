import Testing

@testable import ClientAPI

/// The ring keeps what an array of bodies would, wherever its circle of bytes closes.
struct FrameRingTests {
    @Test("whatever comes and goes, the newest bodies are there in order", arguments: [1, 7, 64])
    func model(capacity: Int) {
        var random = Lcg(state: UInt64(capacity))
        let ring = Mutable(FrameRing(capacity: capacity))
        var model: [[UInt8]] = []
        for step in 0..<2000 {
            if random.next(8) == 0 {
                #expect(ring.it.removeOldest() == (model.isEmpty ? 0 : model.removeFirst().count))
            } else {
                // Empty ones, usual ones, and now and then one that makes the circle grow.
                let length = random.next(50) == 0 ? random.next(3000) : random.next(200)
                let body = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: length)
                ring.it.append(body)
                model.append(body)
                if model.count > capacity { model.removeFirst() }
            }
            #expect(ring.it.count == model.count)
            #expect(ring.it.bytes == model.reduce(0) { $0 + $1.count })
            let wanted = random.next(model.count + 1)
            #expect(ring.it.newest(wanted) == Array(model.suffix(wanted)))
        }
    }

    @Test("an emptied ring begins anew")
    func emptied() {
        let ring = Mutable(FrameRing(capacity: 4))
        #expect(ring.it.removeOldest() == 0)
        ring.it.append([1, 2, 3])
        #expect(ring.it.removeOldest() == 3)
        #expect(ring.it.newest(0).isEmpty && ring.it.bytes == 0)
        ring.it.append([4])
        #expect(ring.it.newest(1) == [[4]])
        ring.it.removeAll()
        #expect(ring.it.count == 0)
    }
}

/// The same steps in every run (Knuth's MMIX generator).
private struct Lcg {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
