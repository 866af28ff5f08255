import FuzzTargets

#if canImport(Glibc)
import Glibc
#endif

/// libFuzzer's loop, which the toolchain brings (`ops/fuzz` links it).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `fuzz --target=NAME [libFuzzer's options] CORPUS…`; `ops/fuzz` is how it is run.
@main
enum Main {
    /// libFuzzer leaves options with two hyphens alone, and hands them on to the processes that it starts of itself.
    private static let option = "--target="

    static func main() {
        let name = CommandLine.arguments.first { $0.hasPrefix(option) }?.dropFirst(option.count)
        guard let target = FuzzTarget.all.first(where: { $0.name == name ?? "" }) else {
            print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
            exit(name == nil ? 0 : 3)
        }
        chosen = target
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &arguments) { bytes, length in Main.feed(UnsafeBufferPointer(start: bytes, count: length))
            })
    }

    /// Set once, before the loop begins; libFuzzer's function takes no context.
    nonisolated(unsafe) private static var chosen: FuzzTarget?

    private static func feed(_ bytes: UnsafeBufferPointer<UInt8>) -> CInt {
        do {
            try chosen?.run(Array(bytes))
        } catch {
            // An optimised build would trap without a word.
            let text = Array("broken promise: \(error)\n".utf8)
            _ = write(STDERR_FILENO, text, text.count)
            abort()
        }
        return 0
    }
}
