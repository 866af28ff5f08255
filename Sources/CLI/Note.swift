import Glibc

/// A word to the operator on standard error, beside what a command prints for others to read.
func note(_ text: String) {
    (text + "\n").withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
}
