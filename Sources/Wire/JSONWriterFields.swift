/// What can write itself as one JSON value: frames, bodies, events.
package protocol JSONWritable {
    func write(to writer: inout JSONWriter)
}

/// A key and its value in one call; an absent value leaves the field out.
extension JSONWriter {
    package mutating func field(_ key: StaticString, _ value: String) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: Bool) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: Int) {
        self.key(key)
        self.value(Int64(value))
    }

    package mutating func field(_ key: StaticString, _ value: Int64) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: some BinaryInteger) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: Double) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: Instant) {
        self.key(key)
        self.value(value)
    }

    package mutating func field<Of>(_ key: StaticString, _ value: ID<Of>) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: UserID) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: ServerName) {
        self.key(key)
        self.value(value)
    }

    package mutating func field(_ key: StaticString, _ value: some JSONWritable) {
        self.key(key)
        value.write(to: &self)
    }

    package mutating func field(_ key: StaticString, _ values: [String]) {
        self.key(key)
        beginArray()
        for value in values { self.value(value) }
        endArray()
    }

    package mutating func field(_ key: StaticString, _ values: [some JSONWritable]) {
        self.key(key)
        beginArray()
        for value in values { value.write(to: &self) }
        endArray()
    }

    package mutating func field(_ key: StaticString, _ value: String?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: Bool?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: Int?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: Int64?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: (some BinaryInteger)?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: Instant?) {
        if let value { field(key, value) }
    }

    package mutating func field<Of>(_ key: StaticString, _ value: ID<Of>?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: UserID?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: ServerName?) {
        if let value { field(key, value) }
    }

    package mutating func field(_ key: StaticString, _ value: (some JSONWritable)?) {
        if let value { field(key, value) }
    }

    /// A field that is there and says null.
    package mutating func null(_ key: StaticString) {
        self.key(key)
        null()
    }
}
