import CLinux

/// What the load needs to know of a server frame, found without a JSON parser: the load's own CPU time is not what is measured.
enum Frame {
    case ack(pair: Int, number: Int)
    case message(pair: Int, number: Int, sentAt: UInt64)
    case error(String)
    case other

    init(_ bytes: UnsafeRawBufferPointer) {
        if Self.find(#""type":"ack""#, in: bytes) != nil, let at = Self.find(#""nonce":"b-"#, in: bytes) {
            let numbers = Self.numbers(bytes, at, 2)
            self = .ack(pair: Int(numbers[0]), number: Int(numbers[1]))
        } else if Self.find(#""type":"new-private-message""#, in: bytes) != nil
            || Self.find(#""type":"new-channel-message""#, in: bytes) != nil,
            let at = Self.find(#""message":"b-"#, in: bytes)
        {
            let numbers = Self.numbers(bytes, at, 3)
            self = .message(pair: Int(numbers[0]), number: Int(numbers[1]), sentAt: numbers[2])
        } else if Self.find(#""type":"error""#, in: bytes) != nil {
            self = .error(String(decoding: bytes, as: UTF8.self))
        } else {
            self = .other
        }
    }

    /// A `private-message` whose text and nonce say which it is and when it left.
    static func privateMessage(to receiver: String, pair: Int, number: Int, at time: UInt64, run: UInt64) -> [UInt8] {
        // About a hundred characters, as people write.
        let text = "b-\(pair)-\(number)-\(time)- the quick brown fox jumps over the lazy dog while it rains outside"
        return Array(
            #"{"type":"private-message","receiver_id":"\#(receiver)","message":"\#(text)","nonce":"b-\#(pair)-\#(number)-\#(run)"}"#
                .utf8)
    }

    /// A `channel-message`, in the same way.
    static func channelMessage(to channel: String, sender: Int, number: Int, at time: UInt64, run: UInt64) -> [UInt8] {
        let text = "b-\(sender)-\(number)-\(time)- the quick brown fox jumps over the lazy dog while it rains outside"
        return Array(
            #"{"type":"channel-message","channel_id":"\#(channel)","message":"\#(text)","nonce":"b-\#(sender)-\#(number)-\#(run)"}"#
                .utf8)
    }

    private static func find(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress,
            let found = find_bytes(base, bytes.count, text.utf8Start, text.utf8CodeUnitCount)
        else { return nil }
        return UnsafeRawPointer(found) - base + text.utf8CodeUnitCount
    }

    private static func numbers(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> [UInt64] {
        var numbers = [UInt64](repeating: 0, count: count)
        var index = 0
        for byte in bytes[start...] {
            if byte >= 0x30, byte <= 0x39 {
                numbers[index] = numbers[index] &* 10 &+ UInt64(byte - 0x30)
            } else {
                index += 1
                if index == count { break }
            }
        }
        return numbers
    }
}
