import Configuration
import FoundationEssentials
import Wire

/// Reads settings of each kind from the sources and checks them; every error names the setting and its origin.
struct SettingsValues {
    let sources: SettingsSources

    private func read(_ key: String) throws -> (content: ConfigContent, origin: SettingsError.Origin)? {
        try sources.value(of: Setting.named(key))
    }

    private func error(_ key: String, _ origin: SettingsError.Origin, _ problem: String) -> SettingsError {
        SettingsError(setting: key, origin: origin, problem: problem)
    }

    private func located(_ key: String) throws -> (text: String, origin: SettingsError.Origin)? {
        guard let (content, origin) = try read(key) else { return nil }
        guard case .string(let text) = content else {
            preconditionFailure("the sources give a setting of this kind as a text")
        }
        guard !text.isEmpty else { throw error(key, origin, "must not be empty") }
        return (text, origin)
    }

    func text(_ key: String) throws -> String? { try located(key)?.text }

    func required<Value>(
        _ key: String, _ parse: (String) -> Value?, orProblem problem: () -> String
    ) throws -> Value {
        guard let (text, origin) = try located(key) else { throw error(key, .nowhere, "is missing") }
        guard let value = parse(text) else { throw error(key, origin, problem() + ", not '\(text)'") }
        return value
    }

    func number(_ key: String, default fallback: Int) throws -> Int {
        guard let (content, origin) = try read(key) else { return fallback }
        let setting = Setting.named(key)
        guard case .int(let number) = content, case .number(let range) = setting.kind else {
            preconditionFailure("the sources give a setting of this kind as a number")
        }
        guard range.contains(number) else { throw error(key, origin, "must be \(setting.allowed), not \(number)") }
        return number
    }

    func list(_ key: String) throws -> [String]? {
        guard let (content, _) = try read(key) else { return nil }
        guard case .stringArray(let texts) = content else {
            preconditionFailure("the sources give a setting of this kind as a list")
        }
        return texts
    }

    func choiceText(_ key: String) throws -> String? {
        guard let (text, origin) = try located(key) else { return nil }
        let setting = Setting.named(key)
        guard case .choice(let choices) = setting.kind, choices.contains(text) else {
            throw error(key, origin, "must be \(setting.allowed), not '\(text)'")
        }
        return text
    }

    func choice<Choice: RawRepresentable<String>>(_ key: String, default fallback: Choice) throws -> Choice {
        guard let text = try choiceText(key) else { return fallback }
        guard let choice = Choice(rawValue: text) else {
            preconditionFailure("the table's choices are the cases of the type")
        }
        return choice
    }

    func path(_ key: String) throws -> String? {
        guard let (text, origin) = try located(key) else { return nil }
        if case .file = origin { return beside(text) }
        return text
    }

    /// A path as somebody in the configuration file means it; without a file, from the working directory.
    func beside(_ path: String) -> String {
        guard !path.hasPrefix("/"), let file = sources.file?.path, let slash = file.lastIndex(of: "/") else {
            return path
        }
        return file[...slash] + path
    }

    /// A certificate and its key, both or neither.
    func tls(_ prefix: String) throws -> Settings.TLSFiles? {
        let certificate = try path(prefix + ".tls.certificate")
        let key = try path(prefix + ".tls.key")
        if let certificate, let key { return Settings.TLSFiles(certificate: certificate, key: key) }
        guard certificate == nil && key == nil else {
            let missing = prefix + (key == nil ? ".tls.key" : ".tls.certificate")
            throw error(missing, .nowhere, "is missing; a certificate and its key belong together")
        }
        return nil
    }

    /// `http://host[:port]` or `https://host[:port]`, and nothing behind it, as browsers write an origin.
    func origin(_ text: String, of key: String) throws -> String {
        guard Self.isOrigin(text) else {
            let origin = try read(key)?.origin ?? .nowhere
            throw error(key, origin, "must be http://host[:port] or https://host[:port] in lower case, not '\(text)'")
        }
        return text
    }

    static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return false }
        let rest = text.dropFirst(scheme.count)
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty else { return false }
        return !rest.contains(where: { "/?#@".contains($0) || $0.isUppercase || $0.isWhitespace })
    }

    func peers() throws -> [Settings.Peer] {
        guard let file = sources.file else { return [] }
        let allowed = ["name", "url", "ca_file", "root_fingerprint"]
        do {
            return try file.peers.map { object in
                for key in object.keys where !allowed.contains(key) {
                    throw object.problem(key, "is not a setting; there are " + allowed.joined(separator: ", "))
                }
                let url = try object.optionalString("url")
                if let url, !url.hasPrefix("https://") || !Self.isOrigin(url) {
                    throw object.problem("url", "must be https://host[:port]")
                }
                if url == nil, object["ca_file"] != nil {
                    throw object.problem("ca_file", "needs a url beside it")
                }
                return Settings.Peer(
                    name: try object.serverName("name"),
                    url: url,
                    caFile: try object.optionalString("ca_file").map(beside),
                    rootFingerprint: try object.optionalString("root_fingerprint")
                )
            }
        } catch let error as FieldError {
            throw self.error(error.field, .file(path: file.path), error.problem)
        }
    }
}
