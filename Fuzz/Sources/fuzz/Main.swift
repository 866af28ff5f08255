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

/// `fuzz TARGET [libFuzzer's options] CORPUS…`; `ops/fuzz` is how it is run.
@main
enum Main {
    static func main() {
        guard CommandLine.argc > 1, let target = FuzzTarget.all.first(where: { $0.name == CommandLine.arguments[1] })
        else {
            print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
            exit(CommandLine.argc == 1 ? 0 : 3)
        }
        chosen = target
        // libFuzzer sees its own name and what stands behind ours.
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv + 1
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
            preconditionFailure("\(error)")
        }
        return 0
    }
}
