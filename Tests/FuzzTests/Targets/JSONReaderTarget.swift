import Wire

extension FuzzTarget {
    /// Every text that comes in passes this one reader.
    static let jsonReader = FuzzTarget(name: "json-reader") { bytes throws(Finding) in
        guard let value = try? JSON.parse(bytes) else { return }
        guard let again = try? JSON.parse(JSONWriter.bytes(of: value)) else {
            throw Finding("what was read and written is not read again")
        }
        guard again == value else { throw Finding("what was read and written is read as something else") }
    }
}
