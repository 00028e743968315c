import CommandBus
import Foundation
import Logging
import Storage

extension ServerConfiguration {
    /// Reads every option. This is the one place where options are declared.
    init(reading: inout ConfigurationReading) {
        _ = reading.text(
            "config", default: "", "A JSON file with values for these options, by their keys.", isInFile: false,
            rule: "the path of a JSON file"
        )
        let host = reading.text(
            "host", default: "127.0.0.1", "The address to listen on.", rule: "an address or a host name",
            accepts: { !$0.isEmpty && !$0.contains(where: \.isWhitespace) }
        )
        let port = reading.integer("port", default: 8080, in: 0...65_535, "The port to listen on; 0 lets the system choose.")
        data = reading.text(
            "data", default: "./var", "The folder with everything that is kept; it is made if it is not there.",
            rule: "a path", accepts: { !$0.isEmpty }
        )
        isDemo = reading.toggle(
            "demo", default: false, "Makes demo data once in an empty data folder, and runs on such data only."
        )
        demoRiders = reading.integer(
            "demoRiders", default: 200, in: 1...10_000, "How many riders a demo is made with."
        )
        mongoDB = Self.readMongoDB(&reading)
        redis = Self.readRedis(&reading)
        maintenance = Self.readMaintenance(&reading)
        secretKeyFile = reading.text(
            "secret.keyFile", default: "", "The file of the server's secret, 32 bytes, which all instances share.",
            defaultText: "secret.key in the data folder", rule: "a path"
        )
        log = Log(
            level: reading.choice("log.level", default: .info, "The least severe messages that are logged."),
            format: reading.choice("log.format", default: .text, "How a message is written to standard error.")
        )
        http = Self.readHTTP(&reading, host: host, port: port)
        `operator` = Self.readOperator(&reading)
        wallet = Wallet(
            welcomeCredit: Money(
                amount: Int64(
                    reading.integer(
                        "wallet.welcomeCredit", default: 40_000, in: 0...100_000_000,
                        "What a new rider's wallet is given, in minor units."
                    )
                ),
                currency: `operator`.currency
            )
        )
        bookings = Bookings(
            cancelCutoff: reading.integer(
                "bookings.cancelCutoff", default: 30, in: 0...10_080,
                "Minutes before departure until which a booking may be cancelled."
            ),
            refundPercent: reading.integer(
                "bookings.refundPercent", default: 100, in: 0...100, "How much of the fare a cancelled booking gives back."
            )
        )
        windows = Self.readWindows(&reading, isDemo: isDemo)
        feeds = Feeds(
            transport: reading.choice("feeds.transport", default: .both, "Where live feeds go out."),
            window: reading.integer(
                "feeds.window", default: 4096, in: 16...1_000_000, "How many changes are kept for readers who come back."
            )
        )
        timetable = Timetable(
            horizonDays: reading.integer(
                "timetable.horizonDays", default: 7, in: 1...60, "How many days after today departures are made for."
            )
        )
        mail = Self.readMail(&reading, data: data)
        limits = Self.readLimits(&reading)
        auth = Self.readAccounts(&reading, serviceName: `operator`.name, isDemo: isDemo)
        socket = Socket(
            origins: reading.list(
                "socket.origins", "The origins whose pages may open a socket, beside pages of the server's own host.",
                rule: "origins like https://app.example.com",
                accepts: Self.isOrigin
            ).map { $0.lowercased() },
            maxConnectionsPerAccount: reading.integer(
                "socket.maxConnectionsPerAccount", default: 10, in: 1...10_000, "How many sockets one account may have open."
            )
        )
        password = Self.readPassword(&reading)
        shutdownGrace = .seconds(
            reading.integer(
                "shutdown.grace", default: 20, in: 1...600, "Seconds that a stop may take before the rest is cut off."
            )
        )
    }

    private static func readHTTP(_ reading: inout ConfigurationReading, host: String, port: Int) -> HTTP {
        HTTP(
            host: host, port: port,
            maxBody: reading.integer("http.maxBody", default: 65_536, in: 1024...1_048_576, "The most bytes of a body."),
            idleTimeout: .seconds(
                reading.integer(
                    "http.idleTimeout", default: 60, in: 1...3600,
                    "Seconds that a connection may be silent between requests."
                )
            ),
            origins: reading.list(
                "http.origins", "The origins whose pages may use the REST API (CORS).",
                rule: "origins like https://app.example.com, or * for all", accepts: { $0 == "*" || isOrigin($0) }
            ).map { $0.lowercased() },
            trustedProxies: reading.list(
                "http.trustedProxies", "The proxies whose X-Forwarded-For is believed.",
                rule: "addresses, or blocks like 10.0.0.0/8", accepts: { AddressRange($0) != nil }
            ).compactMap { AddressRange($0) }
        )
    }

    private static func readMaintenance(_ reading: inout ConfigurationReading) -> Maintenance {
        let checks = reading.integer(
            "checks.interval", default: 3600, in: 0...604_800,
            "Seconds between two checks of everything that must always hold; 0 for none."
        )
        return Maintenance(
            storeGrace: .seconds(
                reading.integer(
                    "maintenance.storeGrace", default: 10, in: 1...3600,
                    "Seconds that the store may be out of reach before the server shuts itself."
                )
            ),
            emergencyAddress: reading.value(
                "maintenance.emergencyAddress", default: nil, "", rule: "an e-mail address like name@example.com",
                "Who is mailed when the server shuts itself.",
                parse: { text in
                    guard let address = try? EmailAddress(refining: text) else { return nil }
                    return .some(address)
                },
                write: { $0?.raw ?? "" }
            ),
            recovers: reading.toggle(
                "maintenance.recovers", default: true, "Whether the server opens again by itself when the cause is gone."
            ),
            checkInterval: checks == 0 ? nil : .seconds(checks)
        )
    }

    private static func readOperator(_ reading: inout ConfigurationReading) -> Operator {
        Operator(
            name: reading.text(
                "operator.name", default: "Farebus", "The operator's name, as mail and the API description show it.",
                rule: "a name of 1 to 80 characters", accepts: { (1...80).contains($0.count) }
            ),
            timeZone: reading.value(
                "operator.timezone", default: TimeZone(identifier: "Asia/Kolkata") ?? .gmt, "Asia/Kolkata",
                rule: "a time zone like Asia/Kolkata", "The time zone of service days, windows and the timetable.",
                parse: { TimeZone(identifier: $0) }, write: \.identifier
            ),
            currency: reading.value(
                "operator.currency", default: CurrencyCode(trusted: "INR"), "INR",
                rule: "the three capital letters of a currency", "The currency of fares and wallets (ISO 4217).",
                parse: { try? CurrencyCode(refining: $0) }, write: \.raw
            )
        )
    }

    private static func readWindows(_ reading: inout ConfigurationReading, isDemo: Bool) -> Windows {
        let queueing = reading.value(
            "windows.queueing", default: DaytimeRange(from: Daytime(hour: 10), to: Daytime(hour: 13)), "10:00-13:00",
            rule: "two times of the day like 10:00-13:00, the first one earlier",
            "When ballots may be handed in; they are processed at its end.",
            parse: DaytimeRange.init, write: \.description
        )
        let ticketingFrom = reading.value(
            "windows.ticketingFrom", default: queueing.to, "the end of windows.queueing",
            rule: "a time of the day like 13:30", "From when seats may be bought, which is when processing ends.",
            parse: Daytime.init, write: \.description
        )
        let ticketingUntil = reading.value(
            "windows.ticketingUntil", default: Daytime(hour: 22), "22:00", rule: "a time of the day like 22:00",
            "Until when seats may be bought.", parse: Daytime.init, write: \.description
        )
        if ticketingFrom < queueing.to {
            reading.conflict("windows.ticketingFrom", "must not be before the end of windows.queueing")
        }
        if ticketingUntil <= ticketingFrom {
            let order = ["windows.ticketingUntil", "windows.ticketingFrom", "windows.queueing"]
            let key = order.first { !reading.isStandard($0) } ?? order[0]
            reading.conflict(key, "must leave time for ticketing: windows.ticketingUntil comes after it begins")
        }
        let force = reading.choice(
            "windows.force", default: isDemo ? ForcedWindow.open : .none,
            "Holds one window open whatever the time is, or all of them ('open').",
            defaultText: "none; with demo: open"
        )
        return Windows(queueing: queueing, ticketingFrom: ticketingFrom, ticketingUntil: ticketingUntil, force: force)
    }

    private static func readMail(_ reading: inout ConfigurationReading, data: String) -> Mail {
        Mail(
            directory: reading.text(
                "mail.directory", default: data + (data.hasSuffix("/") ? "mail" : "/mail"),
                "The folder of the local mailbox, where each letter becomes a file.", defaultText: "mail in the data folder",
                rule: "a path", accepts: { !$0.isEmpty }
            ),
            from: reading.value(
                "mail.from", default: EmailAddress(trusted: "no-reply@farebus.invalid"), "no-reply@farebus.invalid",
                rule: "an e-mail address like name@example.com", "The sender of the server's mail.",
                parse: { try? EmailAddress(refining: $0) }, write: \.raw
            )
        )
    }

    /// A scheme, a host and perhaps a port, as a browser sends them in `Origin`.
    private static func isOrigin(_ text: String) -> Bool {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty
        else { return false }
        let port = url.port.map { ":\($0)" } ?? ""
        return text.lowercased() == "\(scheme)://\(host.lowercased())\(port)"
    }
}
