/// The tree of one JSON text that came from outside, as strict as RFC 8259 allows; read through `JSONObject`.
package enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that fits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// Reads one whole text. Refused: duplicate keys (canonically equivalent ones too), too deep, too many values,
    /// invalid UTF-8, lone surrogates, U+0000, bytes after the end, and whatever RFC 8259 has no grammar for.
    package static func parse(
        _ bytes: some Collection<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSON {
        let result = bytes.withContiguousStorageIfAvailable { buffer -> Result<JSON, JSONError> in
            run(buffer, limits)
        }
        if let result { return try result.get() }
        return try Array(bytes).withUnsafeBufferPointer { run($0, limits) }.get()
    }

    package static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSON {
        try run(bytes, limits).get()
    }

    package static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSON {
        try bytes.withMemoryRebound(to: UInt8.self) { run($0, limits) }.get()
    }

    package static func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
        var native = text
        return try native.withUTF8 { run($0, limits) }.get()
    }

    private static func run(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) -> Result<JSON, JSONError> {
        var parser = JSONParser(bytes: bytes, limits: limits)
        return Result { () throws(JSONError) -> JSON in try parser.parse() }
    }

    /// The object that a frame or a body must be.
    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }
}

/// How much one text may ask of the reader.
package struct JSONLimits: Sendable {
    /// Nested arrays and objects.
    package var depth: Int
    /// Values and keys together.
    package var nodes: Int

    package init(depth: Int = Limits.jsonDepth, nodes: Int = Limits.jsonNodes) {
        self.depth = depth
        self.nodes = nodes
    }

    /// For what comes signed over a link.
    package static let link = JSONLimits(nodes: Limits.peerJSONNodes)
    /// For a call or its answer, which has the document of a client one level down.
    package static let call = JSONLimits(depth: Limits.jsonDepth + 1, nodes: Limits.peerJSONNodes)
}

/// Why a text is not JSON as we take it, and at which byte.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package enum Problem: String, Sendable {
        case empty = "is empty"
        case unexpectedByte = "has an unexpected character"
        case unexpectedEnd = "ends too early"
        case trailingBytes = "goes on after its end"
        case invalidUTF8 = "is not valid UTF-8"
        case invalidEscape = "has an invalid escape"
        case loneSurrogate = "has half a surrogate pair"
        case nullCharacter = "has U+0000 in a string"
        case controlCharacter = "has an unescaped control character in a string"
        case invalidNumber = "has an invalid number"
        case numberOutOfRange = "has a number out of range"
        case duplicateKey = "has a key twice in one object"
        case tooDeep = "is nested too deeply"
        case tooManyValues = "has too many values"
    }

    package let problem: Problem
    package let offset: Int

    package init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    package var description: String { "JSON \(problem.rawValue) at byte \(offset)" }
}

extension JSON: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.value(value)
        case .integer(let value): writer.value(value)
        case .number(let value): writer.value(value)
        case .string(let value): writer.value(value)
        case .array(let values):
            writer.beginArray()
            for value in values { value.write(to: &writer) }
            writer.endArray()
        case .object(let object): object.write(to: &writer)
        }
    }
}
