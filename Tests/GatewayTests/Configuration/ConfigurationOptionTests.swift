import Foundation
import Logging
import Synchronization
import Testing

@testable import Gateway

@Suite("Configuration options")
struct ConfigurationOptionTests {
    @Test("Each option has names of its own")
    func names() {
        let all = ConfigurationOption.all
        #expect(all.count > 30)
        #expect(Set(all.map(\.key)).count == all.count)
        #expect(Set(all.map(\.flag)).count == all.count)
        #expect(Set(all.map(\.environmentName)).count == all.count)
        let one = all.first { $0.key == "socket.maxConnectionsPerAccount" }
        #expect(one?.flag == "--socket-max-connections-per-account")
        #expect(one?.environmentName == "FAREBUS_SOCKET_MAX_CONNECTIONS_PER_ACCOUNT")
    }

    @Test("Each option is read from its flag, and from its variable", arguments: ConfigurationOption.all)
    func everyOptionIsHeard(option: ConfigurationOption) throws {
        // What no rule accepts: the refusal shows that the value was found under its name.
        let wrong = option.kind == .text || option.kind == .list ? nil : "?"
        let value = wrong ?? Self.goodTexts[option.key]
        let text = try #require(value, "give \(option.key) an example in this test")
        if wrong != nil {
            let byFlag = #expect(throws: ConfigurationError.self) {
                try ServerConfiguration.load(arguments: ["\(option.flag)=\(text)"], environment: [:])
            }
            #expect(byFlag?.problems.map(\.place) == [option.flag])
            let byVariable = #expect(throws: ConfigurationError.self) {
                try ServerConfiguration.load(arguments: [], environment: [option.environmentName: text])
            }
            #expect(byVariable?.problems.map(\.place) == [option.environmentName])
        } else {
            let byFlag = try ServerConfiguration.load(arguments: ["\(option.flag)=\(text)"], environment: [:])
            #expect(byFlag.settings.first { $0.option == option }?.value == text)
            #expect(byFlag.settings.first { $0.option == option }?.origin == .flag)
            let byVariable = try ServerConfiguration.load(arguments: [], environment: [option.environmentName: text])
            #expect(byVariable.settings.first { $0.option == option }?.value == text)
            #expect(byVariable.settings.first { $0.option == option }?.origin == .environment)
        }
    }

    private static let goodTexts = [
        "config": "", "host": "localhost", "data": "/srv/farebus", "log.level": "debug", "log.format": "json",
        "operator.name": "Hill Shuttle", "operator.timezone": "Europe/Berlin", "operator.currency": "EUR",
        "registration.domains": "example.com,example.org", "registration.defaultDomain": "example.com",
        "windows.queueing": "09:00-12:30",
        "windows.ticketingFrom": "13:30", "windows.ticketingUntil": "24:00", "windows.force": "queueing",
        "feeds.transport": "sse",
        "mail.directory": "/srv/mail", "mail.from": "buses@example.com", "socket.origins": "https://a.example:8443",
        "mongodb.uri": "mongodb://user:pw@a.example,b.example/farebus?replicaSet=rs0",
        "mongodb.reportReadPreference": "nearest", "redis.url": "rediss://user:pw@redis.example:6380/2",
        "redis.prefix": "hill:", "redis.caFile": "/etc/farebus/ca.pem", "secret.keyFile": "/etc/farebus/key",
        "maintenance.emergencyAddress": "duty@buses.example",
        "http.origins": "*", "http.trustedProxies": "127.0.0.1,fd00::/8",
    ]

    @Test("The listing names every option with its value and where that comes from")
    func listing() throws {
        let configuration = try ServerConfiguration.load(
            arguments: ["--port", "9000"], environment: ["FAREBUS_DEMO": "yes"]
        )
        let lines = ConfigurationReport.list(configuration).split(separator: "\n").map { line in
            line.split(separator: " ").map(String.init)
        }
        #expect(lines.count == ConfigurationOption.all.count)
        #expect(lines.contains(["port", "9000", "--port"]))
        #expect(lines.contains(["demo", "true", "FAREBUS_DEMO"]))
        #expect(lines.contains(["host", "127.0.0.1", "default"]))
        #expect(lines.contains(["registration.domains", "-", "default"]))
    }

    @Test("The page of the documentation is the one that the options make")
    func documentation() throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        #expect(page == ConfigurationReport.markdown(), "run 'make reference'")
    }

    @Test("A message in JSON is one object on one line")
    func jsonLog() throws {
        let lines = Mutex<[Data]>([])
        var handler = JSONLogHandler(label: "farebus.test") { line in lines.withLock { $0.append(line) } }
        handler.metadata = ["base": "1"]
        var logger = Logger(label: "farebus.test") { _ in handler }
        logger.logLevel = .debug
        logger.warning("two\nlines", metadata: ["trace": "abc", "base": "2"])
        logger.trace("too little")
        let written = lines.withLock { $0 }
        #expect(written.count == 1)
        let line = try #require(written.first)
        #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1 && line.last == UInt8(ascii: "\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        #expect(object["level"] as? String == "warning")
        #expect(object["logger"] as? String == "farebus.test")
        #expect(object["message"] as? String == "two\nlines")
        #expect(object["metadata"] as? [String: String] == ["base": "2", "trace": "abc"])
        #expect((object["at"] as? String)?.hasSuffix("Z") == true)
    }
}

@Suite("Times of the day")
struct DaytimeTests {
    @Test("A time is two digits, a colon and two digits", arguments: [("00:00", 0), ("09:05", 545), ("24:00", 1440)])
    func reading(text: String, minutes: Int) {
        #expect(Daytime(text)?.minutes == minutes)
        #expect(Daytime(text)?.description == text)
    }

    @Test("Anything else is none", arguments: ["", "9:05", "09:60", "24:01", "25:00", "09-05", "09:0x", "٠٩:٠٥"])
    func refusing(text: String) {
        #expect(Daytime(text) == nil)
    }
}
