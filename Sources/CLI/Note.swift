import Glibc
import Wire

/// Shows what was printed so far, also where the output is a file or a pipe.
func flushOutput() {
    fflush(nil)
}

/// A word to the operator on standard error, beside what a command prints for others to read. It may quote a file that
/// somebody else has made.
func note(_ text: String) {
    (PlainText.lines(text) + "\n").withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
}
