import Auth
import CommandBus
import Foundation
import Testing

@testable import Gateway

@Suite("Server configuration")
struct ServerConfigurationTests {
    @Test("Without any source, all is the default")
    func defaults() throws {
        let configuration = try ServerConfiguration.load(arguments: [], environment: [:])
        #expect(configuration.http.host == "127.0.0.1")
        #expect(configuration.http.port == 8080)
        #expect(configuration.data == "./var")
        #expect(configuration.mail.directory == "./var/mail")
        #expect(configuration.operator.timeZone.identifier == "Asia/Kolkata")
        #expect(configuration.wallet.welcomeCredit == Money(amount: 40_000, currency: CurrencyCode(trusted: "INR")))
        #expect(configuration.windows.force.windows == nil)
        #expect(configuration.windows.ticketingFrom == Daytime(hour: 13))
        #expect(configuration.feeds.transport == .both)
        #expect(configuration.limits.isEnabled)
        #expect(configuration.settings.allSatisfy { $0.origin == .standard })
    }

    @Test("A flag goes before a variable, a variable before the file, the file before the default")
    func precedence() throws {
        let file = try TemporaryFile(#"{"port": 3, "http": {"maxBody": 3000, "idleTimeout": 3}, "feeds": {"window": 300}}"#)
        defer { file.remove() }
        let configuration = try ServerConfiguration.load(
            arguments: ["--port", "1", "--config=\(file.path)"],
            environment: ["FAREBUS_PORT": "2", "FAREBUS_HTTP_MAX_BODY": "2000", "HOME": "/nowhere", "PORT": "x"]
        )
        #expect(configuration.http.port == 1)
        #expect(configuration.http.maxBody == 2000)
        #expect(configuration.http.idleTimeout == .seconds(3))
        #expect(configuration.feeds.window == 300)
        let origins = Dictionary(uniqueKeysWithValues: configuration.settings.map { ($0.option.key, $0.origin) })
        #expect(origins["port"] == .flag)
        #expect(origins["http.maxBody"] == .environment)
        #expect(origins["http.idleTimeout"] == .file(file.path))
        #expect(origins["host"] == .standard)
    }

    @Test("Everything that is wrong is named at once, each with its place and its rule")
    func allProblemsAtOnce() throws {
        let file = try TemporaryFile(
            #"{"port": "9", "http": {"maxBdy": 1, "idleTimeout": null}, "socket": {"origins": ["ftp://x"]}, "config": "y"}"#
        )
        defer { file.remove() }
        let error = try #require(throws: ConfigurationError.self) {
            try ServerConfiguration.load(
                arguments: ["--feeds-window=7", "--colour", "red", "--config", file.path, "--data"],
                environment: ["FAREBUS_PROT": "1", "FAREBUS_OPERATOR_TIMEZONE": "Mars/Olympus", "FAREBUS_DEMO": "perhaps"]
            )
        }
        let expected = [
            "--colour is not an option",
            "--data needs a value: a path",
            "FAREBUS_PROT is not an option",
            "config in \(file.path) is not an option",
            "http.maxBdy in \(file.path) is not an option",
            "port in \(file.path) must be a whole number from 0 to 65535",
            "FAREBUS_DEMO must be true or false",
            "http.idleTimeout in \(file.path) must be a whole number from 1 to 3600",
            "FAREBUS_OPERATOR_TIMEZONE must be a time zone like Asia/Kolkata",
            "--feeds-window must be a whole number from 16 to 1000000",
            "socket.origins in \(file.path) must be origins like https://app.example.com",
        ]
        #expect(error.problems.map(\.description) == expected)
        #expect(error.description.hasPrefix("11 things are wrong with the configuration:\n  --colour"))
    }

    @Test(
        "A value that breaks its rule is refused",
        arguments: [
            ("--host", ""), ("--host", "a b"), ("--port", "-1"), ("--port", "65536"), ("--port", "8080 "),
            ("--data", ""), ("--log-level", "loud"), ("--log-format", "xml"), ("--operator-currency", "inr"),
            ("--operator-name", ""), ("--wallet-welcome-credit", "-5"), ("--bookings-refund-percent", "101"),
            ("--registration-domains", "example"), ("--registration-domains", "a.example,@b"),
            ("--windows-queueing", "13:00-10:00"), ("--windows-queueing", "10:00"), ("--windows-queueing", "9:00-10:00"),
            ("--windows-ticketing-until", "24:01"), ("--windows-ticketing-until", "13:00"),
            ("--windows-ticketing-from", "12:59"), ("--windows-ticketing-from", "22:00"),
            ("--windows-queueing", "10:00-22:00"),
            ("--windows-force", "shut"),
            ("--feeds-transport", "smoke"), ("--mail-from", "nobody"), ("--socket-origins", "https://a.example/"),
            ("--socket-origins", "a.example"), ("--socket-origins", "*"),
            ("--http-trusted-proxies", "10.0.0.0/33"), ("--http-trusted-proxies", "proxy"), ("--limits-read-burst", "0"),
            ("--demo", "x"),
        ]
    )
    func brokenRules(flag: String, value: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ServerConfiguration.load(arguments: ["\(flag)=\(value)"], environment: [:])
        }
        #expect(error.problems.map(\.place) == [flag])
    }

    @Test("Lists are read from commas and from JSON, and an empty text is an empty list")
    func lists() throws {
        let file = try TemporaryFile(#"{"registration": {"domains": ["B.example"]}, "socket": {"origins": []}}"#)
        defer { file.remove() }
        let fromFile = try ServerConfiguration.load(arguments: ["--config", file.path], environment: [:])
        #expect(fromFile.auth.registrationDomains == ["b.example"])
        #expect(fromFile.socket.origins.isEmpty)
        let fromFlags = try ServerConfiguration.load(
            arguments: ["--socket-origins", "https://a.example, http://LOCALHOST:3000", "--registration-domains="],
            environment: ["FAREBUS_CONFIG": file.path]
        )
        #expect(fromFlags.socket.origins == ["https://a.example", "http://localhost:3000"])
        #expect(fromFlags.auth.registrationDomains.isEmpty)
    }

    @Test("A demo opens all windows, unless somebody has set one")
    func demoWindows() throws {
        let demo = try ServerConfiguration.load(arguments: ["--demo"], environment: [:])
        #expect(demo.isDemo)
        #expect(demo.windows.force.windows == Set(ServiceWindow.allCases))
        let forced = try ServerConfiguration.load(arguments: ["--demo", "--windows-force=waiting"], environment: [:])
        #expect(forced.windows.force.windows == [.waiting])
    }

    @Test("Mail goes beneath the data folder, wherever that is")
    func mailDirectory() throws {
        let moved = try ServerConfiguration.load(arguments: [], environment: ["FAREBUS_DATA": "/srv/farebus/"])
        #expect(moved.mail.directory == "/srv/farebus/mail")
    }

    @Test(
        "A file that can't be used is named",
        arguments: [nil, "", "[1]", "{\"port\": 8080", "\"port\""]
    )
    func unusableFiles(text: String?) throws {
        let file = try text.map { try TemporaryFile($0) }
        defer { file?.remove() }
        let path = file?.path ?? "/nowhere/farebus.json"
        let error = try #require(throws: ConfigurationError.self) {
            try ServerConfiguration.load(arguments: ["--config", path], environment: [:])
        }
        #expect(error.problems.map(\.place) == [path])
    }

    @Test("A flag that is given twice is refused, and so is a stray word")
    func strayArguments() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ServerConfiguration.load(
                arguments: ["serve", "--port=1", "--port", "2", "--host", "--demo"], environment: [:]
            )
        }
        #expect(
            error.problems.map(\.description) == [
                "serve is not an option", "--port is given twice", "--host needs a value: an address or a host name",
            ]
        )
    }
}

/// A file of a test's own, in a folder of its own.
struct TemporaryFile {
    let path: String
    private let folder: URL

    init(_ text: String) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "farebus-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "farebus.json")
        try Data(text.utf8).write(to: file)
        path = file.path
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }
}
