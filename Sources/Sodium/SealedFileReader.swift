/// Reads a sealed file's lines in their one order; `SealedFile.init(parsing:)` drives it.
struct SealedFileReader {
    private let file: [UInt8]
    private var position = 0

    init(_ file: [UInt8]) {
        self.file = file
    }

    /// The value of the next line, which must be `name: value`.
    mutating func field(_ name: String) throws(SealedFileError) -> String {
        let prefix = Array((name + ": ").utf8)
        guard file[position...].starts(with: prefix),
            let end = file[position...].firstIndex(of: UInt8(ascii: "\n"))
        else { throw .malformed(name) }
        let value = file[(position + prefix.count)..<end]
        guard value.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .malformed(name) }
        position = end + 1
        return String(decoding: value, as: UTF8.self)
    }

    /// A decimal number as we write it: no sign, no leading zero.
    mutating func number(_ name: String) throws(SealedFileError) -> UInt64 {
        let text = try field(name)
        guard let number = UInt64(text), String(number) == text else { throw .malformed(name) }
        return number
    }

    mutating func hex(_ name: String, count: Int) throws(SealedFileError) -> [UInt8] {
        guard let bytes = SealedHex.decode(Array(try field(name).utf8)), bytes.count == count else {
            throw .malformed(name)
        }
        return bytes
    }

    /// The header's bytes, and the sealed ones behind the empty line, which end with the file.
    func endOfHeader() throws(SealedFileError) -> (header: [UInt8], sealed: [UInt8]) {
        let rest = file[position...]
        guard rest.first == UInt8(ascii: "\n"), rest.count >= 2, rest.last == UInt8(ascii: "\n"),
            let sealed = SealedHex.decode(Array(rest.dropFirst().dropLast()))
        else { throw .malformed("secret") }
        return (Array(file[..<position]), sealed)
    }
}

/// Lower-case hex of a sealed file; this module knows no other, and none of Wire.
enum SealedHex {
    private static let digits = Array("0123456789abcdef".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = digits.firstIndex(of: text[index]), let low = digits.firstIndex(of: text[index + 1]) else {
                return nil
            }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
