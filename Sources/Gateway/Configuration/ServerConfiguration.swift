import Auth
import CommandBus
import Cryptography
import Foundation
import Logging
import Storage

/// All that can be configured, checked.
///
/// Values come from flags, else from the environment, else from a file, else from the defaults; see
/// ``ServerConfiguration/load(arguments:environment:)``. It holds passwords of the stores, and so is printed by nobody who does
/// not know what of it may be shown.
struct ServerConfiguration: Sendable, Unprintable {
    struct HTTP: Sendable {
        var host: String
        /// 0 lets the system choose.
        var port: Int
        /// The most bytes of a request's body.
        var maxBody: Int
        /// How long a connection may be silent between requests.
        var idleTimeout: Duration
        /// The origins whose pages may use the REST API, in lower case; `*` for all.
        var origins: [String]
        /// The proxies whose `X-Forwarded-For` is believed.
        var trustedProxies: [AddressRange]
    }

    struct Log: Sendable {
        var level: Logger.Level
        var format: LogFormat
    }

    /// Who runs the buses.
    struct Operator: Sendable {
        var name: String
        var timeZone: TimeZone
        var currency: CurrencyCode
    }

    struct Wallet: Sendable {
        /// What a new rider is given.
        var welcomeCredit: Money
    }

    struct Bookings: Sendable {
        /// Minutes before departure until which a booking may be cancelled.
        var cancelCutoff: Int
        var refundPercent: Int
    }

    struct Windows: Sendable {
        var queueing: DaytimeRange
        /// The end of processing, which begins when queueing ends.
        var ticketingFrom: Daytime
        var ticketingUntil: Daytime
        var force: ForcedWindow
    }

    struct Feeds: Sendable {
        var transport: FeedTransportSetting
        /// How many changes are kept for those who come back.
        var window: Int
    }

    struct Timetable: Sendable {
        /// How many days after today departures are made for.
        var horizonDays: Int
    }

    struct Mail: Sendable {
        var directory: String
        var from: EmailAddress
    }

    struct Limits: Sendable {
        var isEnabled: Bool
        /// By the class of a command, whether they are enforced or not.
        var rates: [CostClass: Rate]
        /// How many times as much an address may send, of callers who are not signed in.
        var sharing: Int
    }

    struct Socket: Sendable {
        /// The origins whose pages may open a socket beside the server's own, in lower case.
        var origins: [String]
        var maxConnectionsPerAccount: Int
    }

    struct Password: Sendable {
        /// How many passwords are hashed at once.
        var hashThreads: Int
        /// How many more may wait.
        var waiting: Int
        /// What a new hash costs.
        var cost: Argon2id.Cost
    }

    struct MongoDB: Sendable {
        /// Empty where the store is the embedded one.
        var uri: String
        var threads: Int
        var reportReadPreference: MongoOptions.ReadPreference
    }

    struct Redis: Sendable {
        /// Nil where this server is alone.
        var endpoint: RedisEndpoint?
        var prefix: String
        /// Certificates to trust beside the system's; empty for none.
        var caFile: String
    }

    struct Maintenance: Sendable {
        /// How long the store may be out of reach before the server shuts.
        var storeGrace: Duration
        /// Who is told; nil for nobody.
        var emergencyAddress: EmailAddress?
        /// Whether what the server shut by itself is opened by itself.
        var recovers: Bool
        /// How often everything that must always hold is rechecked; nil for never.
        var checkInterval: Duration?
    }

    var http: HTTP
    var mongoDB: MongoDB
    var redis: Redis
    var maintenance: Maintenance
    /// The file of the server's secret; empty for the one in the data folder.
    var secretKeyFile: String
    /// The folder with everything that is kept.
    var data: String
    var isDemo: Bool
    /// How many riders a demo is made with.
    var demoRiders: Int
    var log: Log
    var `operator`: Operator
    var wallet: Wallet
    var bookings: Bookings
    var windows: Windows
    var feeds: Feeds
    var timetable: Timetable
    var mail: Mail
    var limits: Limits
    /// Accounts and sign-in: every number, the domains, and the operator's name.
    var auth: AuthConfiguration
    var socket: Socket
    var password: Password
    /// How long a stop may take before what is left is cut off.
    var shutdownGrace: Duration

    /// Each option with its value and origin, in the order of the documentation.
    private(set) var settings: [ConfigurationSetting] = []

    /// Reads and checks the configuration of a command line.
    ///
    /// - Parameters:
    ///   - arguments: the flags of options; see ``ConfigurationFlags``.
    ///   - environment: the variables of the process; those that do not begin with `FAREBUS_` are left alone.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    static func load(
        arguments: [String], environment: [String: String]
    ) throws(ConfigurationError) -> ServerConfiguration {
        let flags = ConfigurationFlags(arguments)
        return try load(flags: flags.values, environment: environment, alsoWrong: flags.problems)
    }

    /// Reads and checks the configuration.
    ///
    /// - Parameters:
    ///   - flags: values by the keys of options.
    ///   - environment: the variables of the process; those that do not begin with `FAREBUS_` are left alone.
    ///   - alsoWrong: what was found to be wrong before.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    static func load(
        flags: [String: String], environment: [String: String], alsoWrong: [ConfigurationProblem] = []
    ) throws(ConfigurationError) -> ServerConfiguration {
        let sources = ConfigurationSources(flags: flags, environment: environment, options: ConfigurationOption.all)
        var reading = ConfigurationReading(sources: sources)
        var configuration = ServerConfiguration(reading: &reading)
        let problems = alsoWrong + reading.problems
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        configuration.settings = reading.settings
        return configuration
    }

    /// Checks what only a server needs to be right, beside the options themselves.
    ///
    /// - Throws: ``ConfigurationError``.
    func checkForServing() throws(ConfigurationError) {
        let hasMongoDB = !mongoDB.uri.isEmpty
        guard hasMongoDB != (redis.endpoint != nil) else { return }
        // Instances without it would each believe in sessions that another has ended.
        let missing = hasMongoDB ? "redis.url" : "mongodb.uri"
        let place = settings.first { $0.option.key == missing }?.option.environmentName ?? missing
        throw ConfigurationError(problems: [
            ConfigurationProblem(place: place, rule: "is needed: MongoDB and Redis are used together")
        ])
    }
}
