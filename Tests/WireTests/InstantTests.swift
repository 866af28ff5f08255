import Testing
import Wire

@Suite struct InstantTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_123_999, "2023-11-14T22:13:20.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999_000, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
            (Int64.max, "9999-12-31T23:59:59.999Z"), (Int64.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func isWritten(_ microseconds: Int64, _ text: String) {
        #expect(Instant(microseconds: microseconds).rfc3339 == text)
        var bytes: [UInt8] = []
        Instant(microseconds: microseconds).appendText(to: &bytes)
        #expect(bytes == Array(text.utf8))
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T23:30:00-00:30", 0), ("1970-01-01T00:00:00.1Z", 100_000), ("1970-01-01T00:00:00.000001Z", 1),
            ("1970-01-01T00:00:00.0000019Z", 1), ("2023-11-14T22:13:20.123Z", 1_700_000_000_123_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000), ("1969-12-31T23:59:59.999999Z", -1),
        ] as [(String, Int64)])
    func isRead(_ text: String, _ microseconds: Int64) {
        #expect(Instant(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-1-01T00:00:00Z", "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z", "1970-01-32T00:00:00Z", "1970-01-00T00:00:00Z", "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "1970-04-31T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00,5Z", "1970-01-01T00:00:00+1:00",
        "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+01:60", "1970-01-01T00:00:00ZZ", "1970-01-01T00:00:00Z ",
        "+970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z" + String(repeating: "0", count: 1000),
    ])
    func otherTextIsRefused(_ text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func everyDayOfFourCenturiesRoundTrips() throws {
        var previous = ""
        for day in stride(from: Int64(-150_000), through: 150_000, by: 37) {
            let instant = Instant(seconds: day * 86_400)
            let text = instant.rfc3339
            #expect(text > previous)
            #expect(Instant(rfc3339: text) == instant)
            previous = text
        }
    }

    @Test func arithmetic() {
        let start = Instant(seconds: 1000)
        #expect(start + .milliseconds(1500) == Instant(milliseconds: 1_001_500))
        #expect(start - .seconds(1001) == Instant(seconds: -1))
        #expect(start - Instant(seconds: 990) == .seconds(10))
        #expect(Instant(microseconds: -1).seconds == -1)
        #expect(Instant(microseconds: -1).milliseconds == -1)
        #expect(Instant(microseconds: 1_999_999).seconds == 1)
        #expect(Instant(microseconds: .max) + .seconds(1) == Instant(microseconds: .max))
        #expect(Instant(microseconds: .min) - .seconds(1) == Instant(microseconds: .min))
        #expect(Instant(seconds: .max).microseconds == .max)
        #expect(Instant(milliseconds: .min).microseconds == .min)
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
        #expect(Duration.milliseconds(-1500).wholeMicroseconds == -1_500_000)
        #expect(Duration.seconds(2).wholeMilliseconds == 2000)
    }

    @Test func theSystemsClocksRun() {
        let time = SystemTime()
        #expect(time.now() > Instant(seconds: 1_700_000_000))
        let first = time.monotonic()
        #expect(time.monotonic() >= first)
    }

    @Test func aManualClockMovesOnlyWhenTold() {
        let time = ManualTime(now: Instant(seconds: 5), monotonic: .seconds(7))
        #expect(time.now() == Instant(seconds: 5))
        time.advance(by: .seconds(2))
        #expect(time.now() == Instant(seconds: 7))
        #expect(time.monotonic() == .seconds(9))
        time.jump(to: Instant(seconds: 1))
        #expect(time.now() == Instant(seconds: 1))
        #expect(time.monotonic() == .seconds(9))
    }
}
