import CZlib

/// The gzip form of a body (RFC 1952), made once when the pages are.
enum Gzip {
    /// 15 bits of window, and 16 more for a gzip header instead of zlib's own.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    /// The smallest that zlib makes of it, the same for the same bytes; nil when that is not smaller.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, Z_BEST_COMPRESSION, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        // Room for less than the bytes themselves: what does not fit is not wanted.
        var output = [UInt8](repeating: 0, count: bytes.count)
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        let count = Int(stream.total_out)
        guard result == Z_STREAM_END, count < bytes.count else { return nil }
        return Array(output[..<count])
    }
}
