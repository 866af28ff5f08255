import Testing
import Wire

@Suite struct IDTests {
    @Test func textAndBytesRoundTrip() throws {
        let id = MessageID(high: 0x0190_b6f0_1111_7222, low: 0x8333_4444_5555_6666)
        #expect(id.description == "0190b6f0-1111-7222-8333-444455556666")
        #expect(MessageID(id.description) == id)
        var bytes: [UInt8] = []
        id.appendBytes(to: &bytes)
        #expect(
            bytes == [0x01, 0x90, 0xb6, 0xf0, 0x11, 0x11, 0x72, 0x22, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66])
        #expect(MessageID(bytes: bytes) == id)
        #expect(MessageID(bytes: bytes[1...]) == nil)
        var text: [UInt8] = []
        id.appendText(to: &text)
        #expect(text == Array(id.description.utf8))
    }

    @Test(arguments: [
        "", "0190b6f0-1111-7222-8333-44445555666", "0190b6f0-1111-7222-8333-4444555566667",
        "0190B6F0-1111-7222-8333-444455556666", "0190b6f0111172228333444455556666",
        "{0190b6f0-1111-7222-8333-444455556666}", "0190b6f0-1111-7222-8333_444455556666",
        "0190b6f01-111-7222-8333-444455556666", "0190b6f0-1111-7222-8333-44445555666g",
        " 190b6f0-1111-7222-8333-444455556666", "0190b6f0-1111-7222-8333-44445555666é",
    ])
    func otherTextIsRefused(_ text: String) {
        #expect(MessageID(text) == nil)
    }

    @Test func orderIsThatOfTheBytes() {
        let ids = [
            EventID(high: 0, low: 0), EventID(high: 0, low: .max), EventID(high: 1, low: 0),
            EventID(high: .max, low: 0),
        ]
        #expect(ids.shuffled().sorted() == ids)
        #expect(ids.map(\.description).sorted() == ids.map(\.description))
    }

    @Test func mintedIdsCarryVersionVariantAndTime() {
        let time = ManualTime(now: Instant(microseconds: 1_700_000_000_123_500))
        let source = IDSource(time: time)
        let id: MessageID = source.next()
        #expect(id.high >> 16 == 1_700_000_000_123)
        #expect(id.high >> 12 & 15 == 7)
        #expect(id.high & 0xFFF == 2048)
        #expect(id.low >> 62 == 0b10)
        let others: [MessageID] = (0..<64).map { _ in source.next() }
        #expect(others.allSatisfy { $0.low >> 62 == 0b10 && $0.high >> 12 & 15 == 7 })
        #expect(Set(others.map(\.low)).count == 64)
    }

    @Test func mintedIdsIncreaseWhateverTheClockDoes() {
        let time = ManualTime()
        let source = IDSource(time: time)
        var last: MessageID = source.next()
        for round in 0..<20_000 {
            if round == 5000 { time.jump(to: Instant(seconds: 1_600_000_000)) }
            if round == 10_000 { time.jump(to: Instant(seconds: 1_800_000_000)) }
            if round % 7 == 0 { time.advance(by: .microseconds(3)) }
            let next: MessageID = source.next()
            #expect(next > last)
            last = next
        }
        #expect(last.high >> 16 >= 1_800_000_000_000)
    }

    @Test func aCopyOfASourceSharesItsOrderAndTasksNeverGetTheSameId() async {
        let source = IDSource(time: ManualTime())
        let ids = await withTaskGroup(of: [EventID].self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<2000).map { _ in source.next() } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ids.allSatisfy { $0 == $0.sorted() })
        #expect(Set(ids.joined().map(\.high)).count == 8000)
    }
}
