import Foundation
import Testing

/// The rules of the house: who may know whom. A target may import less than its line allows, never more.
private enum ImportRules {
    /// The targets that are ours. Any other module belongs to a dependency or to the system.
    static let ours: Set<String> = [
        "Auth", "Booking", "CArgon2", "CHiredis", "CMongoc", "CMongocShims", "COpenSSL", "CQREncode", "CZip",
        "CZxcvbn", "CommandBus", "Cryptography", "Gateway", "Mail", "QRCode", "RESTTransport", "Storage", "WSTransport",
        "Wallet",
    ]

    /// What of ours each target may import.
    static let allowed: [String: Set<String>] = [
        "CommandBus": ["Cryptography"],
        "Cryptography": ["COpenSSL", "CArgon2"],
        "QRCode": ["CQREncode"],
        "Wallet": ["CommandBus", "Cryptography"],
        "Auth": ["CommandBus", "Cryptography", "QRCode", "Wallet", "CZxcvbn"],
        "Booking": ["CommandBus", "Cryptography", "Wallet", "CZip"],
        "RESTTransport": ["CommandBus"],
        "WSTransport": ["CommandBus"],
        "Mail": ["CommandBus"],
        "Storage": [
            "CommandBus", "Auth", "Booking", "Wallet", "Mail", "Cryptography", "CHiredis", "CMongocShims",
        ],
        "Gateway": ours,
    ]

    /// The beginnings of the foreign modules that stay outside: networks, HTTP and databases.
    static let networks = ["NIO", "HTTP", "Hummingbird", "ServiceLifecycle", "AsyncHTTPClient"]
    static let databases = ["GRDB", "SQLite", "CSQLite", "CMongo", "CHiredis"]
    static let foreignlyShut: [String: [String]] = [
        "CommandBus": networks + databases,
        "Cryptography": networks + databases,
        "QRCode": networks + databases,
        "Wallet": networks + databases,
        "Auth": networks + databases,
        "Booking": networks + databases,
        "RESTTransport": databases,
        "WSTransport": databases + ["Hummingbird "],
        "Mail": databases + ["Hummingbird"],
        // Redis is spoken to over NIO; nothing else of the network is any business of a store.
        "Storage": networks.filter { $0 != "NIO" } + ["NIOHTTP", "NIOWebSocket"],
    ]

    struct Import: Equatable {
        let access: String?
        let module: String
        let isExported: Bool
    }

    /// The imports of a source text.
    static func imports(in source: String) -> [Import] {
        source.split(separator: "\n").compactMap { line in
            var words = line.split(separator: " ").map(String.init)
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
            else { return nil }
            let before = words[..<place]
            words.removeFirst(place + 1)
            // import struct Foundation.Data
            if kinds.contains(words[0]), words.count > 1 { words.removeFirst() }
            return Import(
                access: before.first { accessLevels.contains($0) },
                module: String(words[0].prefix { $0 != "." && $0 != ";" }),
                isExported: before.contains("@_exported")
            )
        }
    }

    /// What is wrong with a file of a target.
    static func violations(of target: String, in source: String) -> [String] {
        imports(in: source).flatMap { found -> [String] in
            var wrong: [String] = []
            if ours.contains(found.module), found.module != target, allowed[target]?.contains(found.module) != true {
                wrong.append("\(target) may not import \(found.module)")
            }
            let shut = foreignlyShut[target] ?? []
            if !ours.contains(found.module), shut.contains(where: { (found.module + " ").hasPrefix($0) }) {
                wrong.append("\(target) may not import \(found.module)")
            }
            if found.isExported || found.access == "public" || found.access == "open" {
                wrong.append("\(target) may not hand \(found.module) on: nothing in the house is public")
            }
            return wrong
        }
    }

    private static let accessLevels: Set<String> = ["private", "fileprivate", "internal", "package", "public", "open"]
    private static let kinds: Set<String> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
}

@Suite("Who may import whom")
struct ImportRulesTests {
    private static let sources = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

    private static func files(of target: String) throws -> [URL] {
        let folder = sources.appending(path: target)
        let walk = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    @Test("Every target keeps its rule", arguments: ImportRules.allowed.keys.sorted())
    func targetsKeepTheirRules(target: String) throws {
        let files = try Self.files(of: target)
        #expect(!files.isEmpty, "\(target) has no sources: has it been renamed?")
        for file in files {
            let source = try String(contentsOf: file, encoding: .utf8)
            #expect(ImportRules.violations(of: target, in: source) == [], "\(file.lastPathComponent)")
        }
    }

    @Test("Every folder of Sources has a rule")
    func everyTargetHasARule() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path).filter { !$0.hasPrefix(".") }
        #expect(Set(folders) == ImportRules.ours)
        let withSwift = try folders.filter { try !Self.files(of: $0).isEmpty }
        #expect(Set(withSwift) == Set(ImportRules.allowed.keys))
    }

    @Test(
        "A rule that is broken is seen",
        arguments: [
            ("CommandBus", "import Booking"),
            ("CommandBus", "package import NIOCore"),
            ("CommandBus", "import struct HTTPTypes.HTTPRequest"),
            ("CommandBus", "internal import GRDB"),
            ("Booking", "import RESTTransport"),
            ("Booking", "import Storage"),
            ("Wallet", "import Booking"),
            ("RESTTransport", "import Wallet"),
            ("RESTTransport", "@testable import Booking"),
            ("WSTransport", "import Hummingbird"),
            ("WSTransport", "import GRDB"),
            ("Storage", "import HummingbirdCore"),
            ("Mail", "import Storage"),
            ("Auth", "public import CommandBus"),
            ("Gateway", "@_exported import Logging"),
        ]
    )
    func brokenRulesAreSeen(target: String, line: String) {
        let source = "/// import Foundation\nimport Foundation\n\(line)\nlet important = 1\n"
        #expect(ImportRules.violations(of: target, in: source).count == 1)
    }

    @Test(
        "A rule that is kept is not",
        arguments: [
            ("CommandBus", "import Cryptography"),
            ("CommandBus", "package import Logging"),
            ("Booking", "package import Wallet"),
            ("Booking", "import SwiftCSV"),
            ("WSTransport", "import HummingbirdCore"),
            ("RESTTransport", "package import CommandBus"),
            ("Storage", "import Booking"),
            ("Storage", "import GRDB"),
            ("Gateway", "import Storage"),
            ("CommandBus", "// import Booking is what this file must never do"),
            ("CommandBus", "let text = \"import Booking\""),
        ]
    )
    func keptRulesAreNot(target: String, line: String) {
        #expect(ImportRules.violations(of: target, in: line) == [])
    }

    @Test("Imports are found in all their forms")
    func forms() {
        let lines = [
            "import A", "package import B", "@preconcurrency internal import C", "import struct D.E", "@_exported import F",
        ]
        #expect(
            ImportRules.imports(in: lines.joined(separator: "\n")) == [
                .init(access: nil, module: "A", isExported: false),
                .init(access: "package", module: "B", isExported: false),
                .init(access: "internal", module: "C", isExported: false),
                .init(access: nil, module: "D", isExported: false),
                .init(access: nil, module: "F", isExported: true),
            ]
        )
    }
}
