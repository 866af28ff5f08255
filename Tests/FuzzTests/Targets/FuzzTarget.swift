/// One place where bytes from outside are read: `fuzz` feeds it what libFuzzer thinks of, `ReplayTests` what is kept.
///
/// The bytes may be refused or taken; both are fine. A trap is not, nor is a `Finding`.
package struct FuzzTarget: Sendable {
    /// What its folders in `Fuzz/Corpus` and `Fuzz/Found` are called.
    package let name: String
    package let run: @Sendable (_ bytes: [UInt8]) throws(Finding) -> Void

    package static let all = [jsonReader, clientFrames, transactionBodies, signatureHeaders, keyFiles, keysets]
}

/// A promise that some bytes broke, such as that what is written reads back the same.
package struct Finding: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
