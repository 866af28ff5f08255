/// Holds a state machine so that `#expect` can call its mutating functions.
final class Mutable<Value> {
    var it: Value

    init(_ value: Value) {
        it = value
    }
}
