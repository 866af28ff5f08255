// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "HomeBenchmarks",
    targets: [
        .target(name: "CLinux"),
        .executableTarget(
            name: "loadgen",
            dependencies: ["CLinux"],
            swiftSettings: [
                .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .treatAllWarnings(as: .error),
            ]),
    ]
)
