// swift-tools-version:6.2

import PackageDescription

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
]

let package = Package(
    name: "farebus",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "farebus", targets: ["Gateway"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // The heart: no NIO, no HTTP, no database.
        .target(
            name: "CommandBus",
            dependencies: [
                "Cryptography",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ]
        ),

        // Features: commands, handlers and the rules of the domain.
        .target(
            name: "Auth",
            dependencies: [
                "CommandBus", "Cryptography", "QRCode", "Wallet", "CZxcvbn",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "Booking",
            dependencies: ["CommandBus", "Cryptography", "Wallet", "CZip"]
        ),
        .target(name: "Wallet", dependencies: ["CommandBus", "Cryptography"]),

        // Transports: decode and encode, nothing else.
        .target(
            name: "RESTTransport",
            dependencies: [
                "CommandBus",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "WSTransport",
            dependencies: [
                "CommandBus",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio
        ),

        // What stands beside the features.
        .target(
            name: "Storage",
            dependencies: [
                "CommandBus", "Auth", "Booking", "Wallet", "Mail", "Cryptography", "CHiredis", "CMongocShims",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "Mail",
            dependencies: [
                "CommandBus",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(name: "Cryptography", dependencies: ["COpenSSL", "CArgon2"]),
        // Neither a secret's matter nor a feature's: drawn for the authenticator app, and for whatever else is shown to a camera.
        .target(name: "QRCode", dependencies: ["CQREncode"]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CMongoc", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
        // libmongoc's own types never reach Swift: Debian's bson_t is aligned to 128 bytes, which is not imported.
        .target(name: "CMongocShims", dependencies: ["CMongoc"], publicHeadersPath: "."),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CZxcvbn", providers: [.apt(["libzxcvbn-dev"])]),

        // The one place that knows everybody.
        .executableTarget(
            name: "Gateway",
            dependencies: [
                "CommandBus", "Auth", "Booking", "Wallet", "RESTTransport", "WSTransport", "Storage", "Mail", "Cryptography",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),

        // For development only.
        .executableTarget(
            name: "farebus-echo",
            dependencies: [
                "WSTransport",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio,
            path: "Tests/EchoServer"
        ),
        .executableTarget(
            name: "farebus-bench",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")] + nio,
            path: "Benchmarks/Load"
        ),
        .target(
            name: "Support",
            dependencies: [
                "CommandBus", "Storage", "Auth", "Booking", "Wallet", "Mail",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ] + nio,
            path: "Tests/Support"
        ),

        .testTarget(
            name: "CommandBusTests",
            dependencies: ["CommandBus", "Cryptography", "Support", .product(name: "Logging", package: "swift-log")]
        ),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "Support"]),
        .testTarget(name: "QRCodeTests", dependencies: ["QRCode", "Support"]),
        .testTarget(
            name: "AuthTests",
            dependencies: ["Auth", "CommandBus", "Cryptography", "Mail", "QRCode", "Storage", "Wallet", "Support"]
        ),
        .testTarget(name: "BookingTests", dependencies: ["Booking", "CommandBus", "Storage", "Wallet", "Support"]),
        .testTarget(name: "WalletTests", dependencies: ["Wallet", "CommandBus", "Storage", "Support"]),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "Storage", "CommandBus", "Booking", "Wallet", "Auth", "Mail", "Cryptography", "Support",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ] + nio
        ),
        .testTarget(
            name: "MailTests",
            dependencies: [
                "Mail", "CommandBus", "Storage", "Support",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "RESTTransportTests",
            dependencies: [
                "RESTTransport", "CommandBus", "Support",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio
        ),
        .testTarget(
            name: "WSTransportTests",
            dependencies: [
                "WSTransport", "CommandBus", "Support", .product(name: "HummingbirdCore", package: "hummingbird"),
            ] + nio
        ),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "Auth", "Booking", "CommandBus", "Cryptography", "Mail", "Storage", "Wallet", "Support",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio),
        .testTarget(name: "EndToEndTests", dependencies: ["Support"] + nio),
    ]
)

for target in package.targets where ![.system, .plugin, .binary].contains(target.type) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .swiftLanguageMode(.v6),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        ]
}
