import FoundationEssentials
import Logging
import Wire

/// The file for the picker of emoji, which `ops/lib/emoji` makes of Debian's packages when a homeserver is installed.
enum EmojiData {
    static let mostBytes = 4 << 20
    static let setting = "web.emoji"
    private static let mostGroups = 100
    /// Some two thousand emoji, each an array of six.
    private static let limits = JSONLimits(depth: 8, nodes: 200_000)

    /// The file's bytes; nil, with a warning, when there is no such file: a homeserver can do without.
    static func read(_ path: String, logger: Logger) throws(FieldError) -> [UInt8]? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            logger.warning("no emoji data; ops/lib/emoji makes it", metadata: [setting: "\(path)"])
            return nil
        }
        guard let size = attributes[.size] as? UInt, size <= mostBytes else {
            throw refuse("names \(path), which is longer than \(mostBytes) bytes")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw refuse("names \(path), which cannot be read")
        }
        if let problem = problem(of: data) {
            throw refuse("names \(path), which ops/lib/emoji did not make: \(problem)")
        }
        return Array(data)
    }

    private static func problem(of data: Data) -> String? {
        do {
            guard let object = try JSON.parse(data, limits: limits).object else { return "it is no JSON object" }
            _ = try object.objects("groups", maxCount: mostGroups)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func refuse(_ problem: String) -> FieldError { FieldError(field: setting, problem: problem) }
}
