/// Typed access for commands, bodies and events. Each accessor throws a `FieldError`; an `optional…` one takes a
/// missing field and null for nil, and still refuses a wrong type.
extension JSONObject {
    package func problem(_ key: String, _ problem: String) -> FieldError {
        FieldError(field: path.isEmpty ? key : path + "." + key, problem: problem)
    }

    /// At most `maxCodePoints` Unicode code points and `maxBytes` bytes of UTF-8.
    package func string(
        _ key: String, maxCodePoints: Int = .max, maxBytes: Int = .max
    ) throws(FieldError) -> String {
        guard case .string(let text) = try value(key) else { throw problem(key, "must be a string") }
        let bytes = text.utf8.count
        guard bytes <= maxBytes else { throw problem(key, "is longer than \(maxBytes) bytes") }
        guard bytes <= maxCodePoints || text.unicodeScalars.count <= maxCodePoints else {
            throw problem(key, "is longer than \(maxCodePoints) characters")
        }
        return text
    }

    package func optionalString(
        _ key: String, maxCodePoints: Int = .max, maxBytes: Int = .max
    ) throws(FieldError) -> String? {
        guard has(key) else { return nil }
        return try string(key, maxCodePoints: maxCodePoints, maxBytes: maxBytes)
    }

    package func integer(
        _ key: String, in range: ClosedRange<Int64> = .min ... .max
    ) throws(FieldError) -> Int64 {
        guard case .integer(let number) = try value(key) else { throw problem(key, "must be an integer") }
        guard range.contains(number) else {
            throw problem(key, "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    package func optionalInteger(
        _ key: String, in range: ClosedRange<Int64> = .min ... .max
    ) throws(FieldError) -> Int64? {
        guard has(key) else { return nil }
        return try integer(key, in: range)
    }

    package func bool(_ key: String) throws(FieldError) -> Bool {
        guard case .bool(let value) = try value(key) else { throw problem(key, "must be true or false") }
        return value
    }

    package func optionalBool(_ key: String) throws(FieldError) -> Bool? {
        guard has(key) else { return nil }
        return try bool(key)
    }

    package func array(_ key: String, maxCount: Int = .max) throws(FieldError) -> [JSON] {
        guard case .array(let values) = try value(key) else { throw problem(key, "must be an array") }
        guard values.count <= maxCount else { throw problem(key, "has more than \(maxCount) entries") }
        return values
    }

    package func optionalArray(_ key: String, maxCount: Int = .max) throws(FieldError) -> [JSON]? {
        guard has(key) else { return nil }
        return try array(key, maxCount: maxCount)
    }

    /// The object at `key`, which knows its path.
    package func object(_ key: String) throws(FieldError) -> JSONObject {
        guard case .object(let object) = try value(key) else { throw problem(key, "must be an object") }
        return object.at(path.isEmpty ? key : path + "." + key)
    }

    package func optionalObject(_ key: String) throws(FieldError) -> JSONObject? {
        guard has(key) else { return nil }
        return try object(key)
    }

    /// The objects of an array, each of which knows its path (`events[3]`).
    package func objects(_ key: String, maxCount: Int = .max) throws(FieldError) -> [JSONObject] {
        var objects: [JSONObject] = []
        for (index, value) in try array(key, maxCount: maxCount).enumerated() {
            guard case .object(let object) = value else { throw problem("\(key)[\(index)]", "must be an object") }
            objects.append(object.at((path.isEmpty ? key : path + "." + key) + "[\(index)]"))
        }
        return objects
    }

    // MARK: Our own kinds of value

    package func id<Of>(_ key: String) throws(FieldError) -> ID<Of> {
        guard let id = ID<Of>(try string(key)) else { throw problem(key, "must be a lower-case UUID") }
        return id
    }

    package func optionalID<Of>(_ key: String) throws(FieldError) -> ID<Of>? {
        guard has(key) else { return nil }
        return try id(key)
    }

    /// A user's whole address.
    package func userID(_ key: String) throws(FieldError) -> UserID {
        guard let user = UserID(try string(key)) else { throw problem(key, "must be an address such as name@server") }
        return user
    }

    package func optionalUserID(_ key: String) throws(FieldError) -> UserID? {
        guard has(key) else { return nil }
        return try userID(key)
    }

    /// A user's address, without its domain if that is `home`.
    package func userID(_ key: String, home: ServerName) throws(FieldError) -> UserID {
        guard let user = UserID(try string(key), home: home) else {
            throw problem(key, "must be an address such as name@server")
        }
        return user
    }

    package func serverName(_ key: String) throws(FieldError) -> ServerName {
        guard let name = ServerName(try string(key)) else { throw problem(key, "must be a lower-case server name") }
        return name
    }

    package func instant(_ key: String) throws(FieldError) -> Instant {
        guard let instant = Instant(rfc3339: try string(key)) else { throw problem(key, "must be an RFC 3339 time") }
        return instant
    }

    package func optionalInstant(_ key: String) throws(FieldError) -> Instant? {
        guard has(key) else { return nil }
        return try instant(key)
    }

    private func has(_ key: String) -> Bool {
        switch self[key] {
        case nil, .null: false
        default: true
        }
    }

    private func value(_ key: String) throws(FieldError) -> JSON {
        guard let value = self[key] else { throw problem(key, "is missing") }
        return value
    }
}
