/// A setting that is unknown, missing or wrong: which one, where it was found, and what is allowed there.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// Where a value came from.
    enum Origin: Equatable, Sendable {
        case flag(String)
        case variable(String)
        case file(path: String)
        /// An argument that is no flag of a setting; its own text stands for the setting.
        case arguments
        case nowhere
    }

    let setting: String
    let origin: Origin
    /// Reads on from the setting's name: `must be one of …`, `is missing`.
    let problem: String

    var description: String {
        switch origin {
        case .flag(let name): "flag \(name): \(setting) \(problem)"
        case .variable(let name) where name == setting: "environment variable \(name) \(problem)"
        case .variable(let name): "environment variable \(name): \(setting) \(problem)"
        case .file(let path): "\(path): \(setting) \(problem)"
        case .arguments: "\(setting) \(problem)"
        case .nowhere: "setting \(setting) \(problem)"
        }
    }
}
