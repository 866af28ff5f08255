import Testing
import Wire

/// A small generator with a fixed seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

@Suite struct JSONRoundTripTests {
    @Test func whatIsWrittenIsReadBack() throws {
        var random = SplitMix(state: 2026)
        for _ in 0..<2000 {
            let value = randomValue(depth: 0, &random)
            let bytes = JSONWriter.bytes(of: value)
            #expect(try JSON.parse(bytes) == value)
        }
    }

    @Test func mutatedBytesNeverCrashTheReaderAndWhatItAcceptsRoundTrips() throws {
        var random = SplitMix(state: 7)
        var accepted = 0
        for _ in 0..<5000 {
            var bytes = JSONWriter.bytes(of: randomValue(depth: 1, &random))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                bytes[position] = UInt8.random(in: 0...255, using: &random)
            }
            guard let value = try? JSON.parse(bytes) else { continue }
            accepted += 1
            #expect(try JSON.parse(JSONWriter.bytes(of: value)) == value)
        }
        #expect(accepted > 100)
    }

    private func randomValue(depth: Int, _ random: inout SplitMix) -> JSON {
        switch Int.random(in: 0..<(depth < 4 ? 8 : 6), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2: .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: .integer(Int64.random(in: -1000...1000, using: &random))
        case 4: .number(Double.random(in: -1e9...1e9, using: &random))
        case 5: .string(randomString(&random))
        case 6: .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in randomValue(depth: depth + 1, &random) })
        default: .object(randomObject(depth: depth, &random))
        }
    }

    private func randomObject(depth: Int, _ random: inout SplitMix) -> JSONObject {
        var object = JSONObject()
        for index in 0..<Int.random(in: 0..<6, using: &random) {
            object.append("\(index)" + randomString(&random), randomValue(depth: depth + 1, &random))
        }
        return object
    }

    private func randomString(_ random: inout SplitMix) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let upper: UInt32 = [0x30, 0x80, 0x800, 0x3000, 0x11_0000].randomElement(using: &random) ?? 0x80
            guard let scalar = Unicode.Scalar(UInt32.random(in: 1..<upper, using: &random)) else { continue }
            text.append(scalar)
        }
        return String(text)
    }
}
