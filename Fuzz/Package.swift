// swift-tools-version: 6.2
import PackageDescription

/// What reads bytes from outside is compiled here once more, with the fuzzer's counters in it and, of the modules over NIO,
/// only the files that read. `Product` is the product's own `Sources`, so nothing is copied.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-sanitize=fuzzer", "-enable-testing"]),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "HomeFuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibpq", path: "Product/CLibpq", pkgConfig: "libpq"),
        .systemLibrary(name: "CSodium", path: "Product/CSodium", pkgConfig: "libsodium"),
        .target(name: "Wire", path: "Product/Wire", swiftSettings: settings),
        .target(name: "Sodium", dependencies: ["CSodium"], path: "Product/Sodium", swiftSettings: settings),
        .target(
            name: "Postgres", dependencies: ["CLibpq", "Wire", log, metrics], path: "Product/Postgres",
            swiftSettings: settings),
        .target(
            name: "Home", dependencies: ["Wire", "Sodium", "Postgres", log, metrics], path: "Product/Home",
            swiftSettings: settings),
        .target(
            name: "ClientAPI", dependencies: ["Home", "Wire", nioCore], path: "Product/ClientAPI",
            sources: [
                "ClientError.swift", "Commands", "Frames", "HTTP/ClientLimits.swift", "WebSocket/ClientFrame.swift",
                "WebSocket/CloseCode.swift",
                "WebSocket/FrameReader.swift", "WebSocket/FrameRing.swift", "WebSocket/FrameWriter.swift",
                "WebSocket/RateLimits.swift", "WebSocket/RingBudget.swift", "WebSocket/SessionQueue.swift",
                "WebSocket/TokenBucket.swift",
            ], swiftSettings: settings),
        .target(
            name: "Federation", dependencies: ["Home", "Wire", "Sodium"], path: "Product/Federation",
            // They read nothing from outside, and know the directories of keys.
            exclude: ["Documents/KeysetChange.swift", "Documents/KeysetKeys.swift"],
            sources: [
                "Discovery/DiscoveryProblem.swift", "Discovery/IPAddress.swift", "Discovery/OutboundGuard.swift",
                "Documents",
                "Diagnosis/BackEcho.swift", "Ephemeral/EphemeralDocuments.swift", "Ephemeral/RosterDocuments.swift",
                "FederationError.swift", "Incoming/ReceivedTransaction.swift",
                "Link", "Outgoing/Backoff.swift", "Outgoing/PeerFailure.swift", "Signing",
            ], swiftSettings: settings),
        .target(
            name: "FuzzTargets", dependencies: ["ClientAPI", "Federation", "Home", "Sodium", "Wire", nioCore],
            path: "Targets", swiftSettings: settings),
        .executableTarget(name: "fuzz", dependencies: ["FuzzTargets"], swiftSettings: settings),
    ]
)
