import CZlib
import HTTPTypes
import NIOCore
import Testing

@testable import WebClient

@Suite("Compression of the web client")
struct CompressionTests {
    /// What the bytes were before gzip, by zlib's own inflate.
    private func inflated(_ bytes: [UInt8], count: Int) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return []
        }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: count + 1)
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return inflate(&stream, Z_FINISH)
            }
        }
        return result == Z_STREAM_END ? Array(output[..<Int(stream.total_out)]) : []
    }

    @Test("gzip gives back what went in, and is the same each time")
    func roundTrip() throws {
        let bytes = Array(ClientFolder.module.utf8)
        let gzip = try #require(Gzip.compress(bytes))
        #expect(gzip.count < bytes.count / 3)
        #expect(inflated(gzip, count: bytes.count) == bytes)
        #expect(Gzip.compress(bytes) == gzip)
    }

    @Test("What gzip does not make smaller stays as it is")
    func incompressible() {
        #expect(Gzip.compress([]) == nil)
        #expect(Gzip.compress(Array("short".utf8)) == nil)
        var random = SystemRandomNumberGenerator()
        #expect(Gzip.compress((0..<10_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }) == nil)
    }

    @Test(
        "Who gets gzip",
        arguments: [
            (nil, false), ("", false), ("gzip", true), ("GZIP", true), ("x-gzip", true), ("*", true),
            ("gzip, deflate, br, zstd", true), ("deflate, br", false), ("gzip;q=0", false), ("gzip; q=0.000", false),
            ("gzip;q=0, *", false), ("*;q=0", false), ("*;q=0, gzip", true), ("identity", false),
            ("identity, gzip;q=0.5", false), ("identity;q=0.5, gzip", true), ("identity;q=0, gzip;q=0.1", true),
            ("gzip;q=1.5", false), ("gzip;q=-1", false), ("gzip;q=x", false), ("gzip;q", false),
            ("gzip;level=9", false),
            ("gzip ;\tq=1", true), ("notgzip", false), (";;,,;q=1,", false),
        ] as [(String?, Bool)])
    func negotiation(field: String?, expected: Bool) {
        #expect(AcceptEncoding.prefersGzip(field) == expected)
    }

    @Test("The two forms of a page differ in coding and length, and say that they depend on the request")
    func forms() throws {
        let content = Array(ClientFolder.module.utf8)
        let page = Page(content, .js, .forEver, headers: [:])
        let plain = page.answer(to: [:])
        let gzip = page.answer(to: [.acceptEncoding: "gzip"])
        #expect(plain.head.headerFields[.contentEncoding] == nil)
        #expect(gzip.head.headerFields[.contentEncoding] == "gzip")
        #expect(inflated(Array(buffer: gzip.body), count: content.count) == content)
        for (head, body) in [plain, gzip] {
            #expect(head.headerFields[.vary] == "Accept-Encoding")
            #expect(head.headerFields[.contentLength] == String(body.readableBytes))
            #expect(head.headerFields[.contentType] == "text/javascript; charset=utf-8")
            #expect(head.headerFields[.eTag] == plain.head.headerFields[.eTag])
        }
    }

    @Test("A page without a gzip form does not say that it depends on the request")
    func single() {
        for page in [
            Page(Array("short".utf8), .txt, .asked, headers: [:]),
            Page([UInt8](repeating: 0, count: 5000), .png, .asked, headers: [:]),
        ] {
            let headers = page.answer(to: [.acceptEncoding: "gzip"]).head.headerFields
            #expect(headers[.contentEncoding] == nil)
            #expect(headers[.vary] == nil)
        }
    }
}
