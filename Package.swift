// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nio = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket"].map { name in
    Target.Dependency.product(name: name, package: "swift-nio")
}
let nioHTTPTypes = ["NIOHTTPTypes", "NIOHTTPTypesHTTP1"].map { name in
    Target.Dependency.product(name: name, package: "swift-nio-extras")
}
/// What a module needs that says what is answered over HTTP.
let httpTypes: [Target.Dependency] = [
    .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
]
/// What a module that listens needs.
let server =
    ["Hummingbird", "HummingbirdCore", "HummingbirdTLS"].map { name in
        Target.Dependency.product(name: name, package: "hummingbird")
    } + [.product(name: "HTTPTypes", package: "swift-http-types"), nioSSL, lifecycle, log, metrics] + nio

let package = Package(
    name: "Home",
    products: [
        .executable(name: "homeserver", targets: ["CLI"])
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "Wire", swiftSettings: settings),
        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: settings),
        .target(name: "Certificates", dependencies: ["COpenSSL", "Wire"], swiftSettings: settings),
        .target(name: "Postgres", dependencies: ["CLibpq", "Wire", log, metrics], swiftSettings: settings),
        .target(
            name: "Home",
            dependencies: ["Wire", "Sodium", "Postgres", log, metrics],
            swiftSettings: settings
        ),
        .target(name: "ClientAPI", dependencies: ["Home", "Wire"] + server + nioHTTPTypes, swiftSettings: settings),
        .target(
            name: "Federation", dependencies: ["Certificates", "Home", "Wire", "Sodium", httpClient] + server,
            swiftSettings: settings),
        .target(
            name: "WebClient",
            dependencies: ["WebClientFiles", "CZlib", "Home", "Sodium", "Wire", log] + httpTypes,
            exclude: ["Client", "Files.c", "README.md", "package.json"], swiftSettings: settings),
        // Copies the browser's files beside the program; Files.c says why it is a target of its own.
        .target(
            name: "WebClientFiles", path: "Sources/WebClient", sources: ["Files.c"], resources: [.copy("Client")],
            publicHeadersPath: "."),
        .executableTarget(
            name: "CLI",
            dependencies: [
                "Certificates", "ClientAPI", "Federation", "Home", "Postgres", "Sodium", "WebClient", "Wire",
                httpClient,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + server,
            swiftSettings: settings
        ),

        .target(
            name: "Support", dependencies: ["Home", "Postgres", "Wire"], path: "Tests/Support",
            swiftSettings: settings),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: settings),
        .testTarget(name: "SodiumTests", dependencies: ["Sodium"], swiftSettings: settings),
        .testTarget(name: "CertificatesTests", dependencies: ["Certificates", "Wire"], swiftSettings: settings),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "Support", "Wire"], swiftSettings: settings),
        .testTarget(
            name: "HomeTests", dependencies: ["Home", "Postgres", "Sodium", "Support", "Wire"], swiftSettings: settings),
        .testTarget(
            name: "ClientAPITests", dependencies: ["ClientAPI", "Home", "Postgres", "Support", "Wire"] + server,
            swiftSettings: settings),
        .testTarget(
            name: "FederationTests",
            dependencies: [
                "Certificates", "Federation", "Home", "Postgres", "Sodium", "Support", "Wire", httpClient,
            ] + server,
            swiftSettings: settings),
        // Fuzz/ compiles the same targets with libFuzzer; here what it starts from and has found is replayed.
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "ClientAPI", "Federation", "Home", "Sodium", "Wire", .product(name: "NIOCore", package: "swift-nio"),
            ], swiftSettings: settings),
        .testTarget(
            name: "WebClientTests", dependencies: ["CZlib", "Home", "WebClient", "Wire", log] + httpTypes,
            swiftSettings: settings),
        .testTarget(
            name: "CLITests",
            dependencies: ["CLI", "Federation", "Home", "Postgres", "WebClient", "Wire", log, metrics],
            swiftSettings: settings),
    ]
)
