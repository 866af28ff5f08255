import Configuration
import FoundationEssentials

/// Where settings come from, the strongest first: flags, environment, file. Anything in them that is no setting is refused.
struct SettingsSources {
    private let flags: InMemoryProvider
    private let environment: EnvironmentVariablesProvider
    private let fileValues: InMemoryProvider
    let file: SettingsFile?

    /// Variables that begin as ours do and are none of the homeserver's settings.
    private static let foreignVariables: Set<String> = ["HOME_CONFIG", "HOME_BINARY"]
    private static let foreignPrefixes = ["HOME_TEST_", "HOME_SCENARIO_"]
    static let usualFile = "/etc/home/config.json"

    /// - Parameters:
    ///   - path: what `--config` said; without it the variable `HOME_CONFIG`, then the usual place if there is a file.
    ///   - arguments: the flags that are settings, as they stood on the command line.
    init(path: String?, arguments: [String], environment: [String: String]) throws {
        for name in environment.keys.sorted() where name.hasPrefix("HOME_") && !Self.isForeign(name) {
            guard Setting.all.contains(where: { $0.variable == name }) else {
                throw SettingsError(setting: name, origin: .variable(name), problem: "is not a setting")
            }
        }
        flags = InMemoryProvider(name: "flags", values: try Self.values(of: arguments))
        self.environment = EnvironmentVariablesProvider(environmentVariables: environment)
        let usual = FileManager.default.fileExists(atPath: Self.usualFile) ? Self.usualFile : nil
        file = try (path ?? environment["HOME_CONFIG"] ?? usual).map { try SettingsFile(path: $0) }
        fileValues = InMemoryProvider(name: "file", values: file?.values ?? [:])
    }

    private static func isForeign(_ variable: String) -> Bool {
        foreignVariables.contains(variable) || foreignPrefixes.contains { variable.hasPrefix($0) }
    }

    /// The strongest value of the setting, and where it was found; nil when nobody gives it.
    func value(of setting: Setting) throws -> (content: ConfigContent, origin: SettingsError.Origin)? {
        let key = AbsoluteConfigKey(setting.components)
        let type: ConfigType =
            switch setting.kind {
            case .text, .choice, .path: .string
            case .number: .int
            case .list: .stringArray
            }
        let candidates: [(any ConfigProvider, AbsoluteConfigKey, SettingsError.Origin)] = [
            (flags, key, .flag(setting.flag)),
            (environment, AbsoluteConfigKey(["home"] + setting.components), .variable(setting.variable)),
            (fileValues, key, .file(path: file?.path ?? "")),
        ]
        for (provider, key, origin) in candidates {
            do {
                if let value = try provider.value(forKey: key, type: type).value { return (value.content, origin) }
            } catch {
                throw SettingsError(setting: setting.key, origin: origin, problem: "must be \(setting.allowed)")
            }
        }
        return nil
    }

    /// `--client-port 8108` and `--client-port=8108`, each at most once.
    private static func values(of arguments: [String]) throws -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let setting = Setting.all.first(where: { $0.flag == parts[0] }) else {
                let problem = argument.hasPrefix("-") ? "is not a flag of this command" : "was not expected"
                throw SettingsError(setting: parts[0], origin: .arguments, problem: problem + "; see --help")
            }
            func refuse(_ problem: String) -> SettingsError {
                SettingsError(setting: setting.key, origin: .flag(setting.flag), problem: problem)
            }
            guard let text = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw refuse("needs a value: \(setting.allowed)")
            }
            let content: ConfigContent
            switch setting.kind {
            case .text, .choice, .path: content = .string(text)
            case .list: content = .stringArray(text.isEmpty ? [] : text.split(separator: ",").map(String.init))
            case .number:
                guard let number = Int(text) else { throw refuse("must be \(setting.allowed)") }
                content = .int(number)
            }
            let key = AbsoluteConfigKey(setting.components)
            guard values.updateValue(ConfigValue(content, isSecret: false), forKey: key) == nil else {
                throw refuse("is given twice")
            }
        }
        return values
    }
}
