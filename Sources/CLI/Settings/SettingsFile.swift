import Configuration
import FoundationEssentials
import Wire

/// The configuration file: strict JSON whose every key must be a setting that there is.
struct SettingsFile {
    let path: String
    let values: [AbsoluteConfigKey: ConfigValue]
    /// The entries of `peers`, the one setting that has no flag and no variable.
    let peers: [JSONObject]

    static let largestBytes = 1 << 20

    init(path: String) throws {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw SettingsError(setting: "--config", origin: .arguments, problem: "names \(path), which cannot be read")
        }
        try self.init(path: path, bytes: data)
    }

    init(path: String, bytes: some Collection<UInt8>) throws {
        func refuse(_ key: String, _ problem: String) -> SettingsError {
            SettingsError(setting: key, origin: .file(path: path), problem: problem)
        }
        guard bytes.count <= Self.largestBytes else { throw refuse("the file", "is longer than 1 MiB") }
        let root: JSON
        do {
            root = try JSON.parse(bytes)
        } catch {
            throw refuse("the file", "is not valid: \(error)")
        }
        guard let object = root.object else { throw refuse("the file", "must be a JSON object") }

        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        var peers: [JSONObject] = []
        /// Walks down to the leaves; `prefix` ends with a dot unless it is empty.
        func read(_ object: JSONObject, prefix: String) throws {
            for member in object.members {
                let key = prefix + member.key
                if let setting = Setting.all.first(where: { $0.key == key }) {
                    guard let content = Self.content(of: member.value, for: setting) else {
                        throw refuse(key, "must be \(setting.allowed)")
                    }
                    values[AbsoluteConfigKey(setting.components)] = ConfigValue(content, isSecret: false)
                } else if key == "peers" {
                    do {
                        peers = try object.objects("peers", maxCount: 1000)
                    } catch {
                        throw refuse(error.field, error.problem)
                    }
                } else if Setting.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
                    guard let inner = member.value.object else { throw refuse(key, "must be an object") }
                    try read(inner, prefix: key + ".")
                } else {
                    let known = Setting.all.filter { $0.key.hasPrefix(prefix) }.map(\.key)
                    throw refuse(
                        key,
                        "is not a setting; there are "
                            + (known + (prefix.isEmpty ? ["peers"] : [])).joined(separator: ", "))
                }
            }
        }
        try read(object, prefix: "")
        self.path = path
        self.values = values
        self.peers = peers
    }

    private static func content(of value: JSON, for setting: Setting) -> ConfigContent? {
        switch (setting.kind, value) {
        case (.text, .string(let text)), (.choice, .string(let text)), (.path, .string(let text)):
            return .string(text)
        case (.number, .integer(let number)):
            return .int(Int(number))
        case (.list, .array(let values)):
            var texts: [String] = []
            for value in values {
                guard case .string(let text) = value else { return nil }
                texts.append(text)
            }
            return .stringArray(texts)
        default:
            return nil
        }
    }
}
