import HTTPTypes
import NIOCore

/// The answers of one URL, all made at the start: a request costs no more than choosing one.
struct Page: Sendable {
    enum Caching: String {
        /// Its URL names its content.
        case forEver = "public, max-age=31536000, immutable"
        /// Kept, but asked for each time with `If-None-Match`.
        case asked = "no-cache"
        case never = "no-store"
    }

    typealias Answer = (head: HTTPResponse, body: ByteBuffer)

    private struct Form: Sendable {
        let head: HTTPResponse
        let body: ByteBuffer
    }

    private let plain: Form
    /// Nil where it would not be smaller.
    private let zipped: Form?
    private let unchanged: Form
    private let tag: EntityTag

    init(_ content: [UInt8], _ type: ContentType, _ caching: Caching, headers: HTTPFields) {
        tag = EntityTag(of: content)
        let compressed = type.isCompressed ? nil : Gzip.compress(content)
        var common = headers
        common[.cacheControl] = caching.rawValue
        common[.eTag] = tag.header
        if compressed != nil { common[.vary] = "Accept-Encoding" }
        unchanged = Form(head: HTTPResponse(status: .notModified, headerFields: common), body: ByteBuffer())

        func form(_ bytes: [UInt8], coding: String?) -> Form {
            var fields = common
            fields[.contentType] = type.header
            fields[.contentEncoding] = coding
            fields[.contentLength] = String(bytes.count)
            return Form(head: HTTPResponse(status: .ok, headerFields: fields), body: ByteBuffer(bytes: bytes))
        }
        plain = form(content, coding: nil)
        zipped = compressed.map { form($0, coding: "gzip") }
    }

    /// What a GET with these header fields gets: 304 for what it names in `If-None-Match`, and gzip where it is wanted.
    func answer(to request: HTTPFields) -> Answer {
        let form =
            if tag.isNamed(by: request[.ifNoneMatch]) {
                unchanged
            } else if let zipped, AcceptEncoding.prefersGzip(request[.acceptEncoding]) {
                zipped
            } else {
                plain
            }
        return (form.head, form.body)
    }
}
