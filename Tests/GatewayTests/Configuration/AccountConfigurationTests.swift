import Auth
import CommandBus
import Cryptography
import Testing

@testable import Gateway

@Suite("Configuration of accounts and sign-in")
struct AccountConfigurationTests {
    /// An option, the number that it is without being set, another one that it may be set to, and where that arrives.
    struct Number: Sendable, CustomTestStringConvertible {
        let key: String
        let standard: Int
        let other: Int
        let arrives: @Sendable (ServerConfiguration) -> Int

        init(_ key: String, _ standard: Int, _ other: Int, _ arrives: @escaping @Sendable (ServerConfiguration) -> Int) {
            (self.key, self.standard, self.other, self.arrives) = (key, standard, other, arrives)
        }

        var testDescription: String { key }
    }

    static let numbers = [
        // Section 4 of the product: eight digits, five minutes, five tries a code, ten a day, 1 mail a minute, 5 an hour.
        Number("codes.lifetime", 300, 600) { $0.auth.codes.lifetime },
        Number("codes.triesPerCode", 5, 3) { $0.auth.codes.triesPerCode },
        Number("codes.triesPerDay", 10, 20) { $0.auth.codes.triesPerDay },
        Number("codes.pauseBetweenMails", 60, 90) { $0.auth.codes.pauseBetweenMails },
        Number("codes.mailsPerHour", 5, 7) { $0.auth.codes.mailsPerHour },
        Number("codes.network.perHour", 600, 1200) { perHour($0.auth.codes.network) },
        Number("codes.network.burst", 100, 200) { $0.auth.codes.network.burst },
        Number("limits.sharing", 10, 3) {
            $0.limits.enforcedRates.rate(of: .address("192.0.2.1"), .credential).map(\.burst).map { $0 / 30 } ?? 0
        },
        // Riders: 30 days. Staff: 12 hours, 30 minutes idle.
        Number("sessions.riderLifetime", 30 * 86_400, 86_400) { $0.auth.riderSessionLifetime },
        Number("sessions.staffLifetime", 12 * 3600, 7200) { $0.auth.staffSessionLifetime },
        Number("sessions.staffIdle", 30 * 60, 600) { $0.auth.staffIdleTime },
        Number("sessions.endedMemory", 7 * 86_400, 86_400) { $0.auth.endedSessionMemory },
        // Argon2id with 19 MiB, two passes and one lane, and a bounded number at once.
        Number("password.memory", 19 * 1024, 65_536) { Int($0.password.cost.memory) },
        Number("password.passes", 2, 3) { Int($0.password.cost.passes) },
        Number("password.lanes", 1, 2) { Int($0.password.cost.lanes) },
        Number("password.hashThreads", 2, 4) { $0.password.hashThreads },
        Number("password.waiting", 128, 0) { $0.password.waiting },
        Number("registration.lifetime", 900, 1200) { $0.auth.registrationLifetime },
        Number("reset.lifetime", 900, 1200) { $0.auth.resetLifetime },
        Number("stepUp.lifetime", 300, 120) { $0.auth.stepUpLifetime },
        Number("devices.perAccount", 10, 3) { $0.auth.devicesPerAccount },
        Number("devices.lifetime", 90 * 86_400, 86_400) { $0.auth.deviceLifetime },
        Number("guesses.account.perHour", 10, 20) { perHour($0.auth.guesses.account) },
        Number("guesses.account.burst", 10, 5) { $0.auth.guesses.account.burst },
        Number("guesses.address.perHour", 600, 60) { perHour($0.auth.guesses.address) },
        Number("guesses.address.burst", 100, 50) { $0.auth.guesses.address.burst },
        Number("guesses.global.perHour", 3600, 7200) { perHour($0.auth.guesses.global) },
        Number("guesses.global.burst", 1000, 500) { $0.auth.guesses.global.burst },
        Number("guesses.tokens.perHour", 3600, 1800) { perHour($0.auth.guesses.tokens) },
        Number("guesses.tokens.burst", 100, 20) { $0.auth.guesses.tokens.burst },
    ]

    private static func perHour(_ rate: Rate) -> Int { Int((rate.perSecond * 3600).rounded()) }

    @Test("A number is the product's unless it is set", arguments: numbers)
    func standard(number: Number) throws {
        let configuration = try ServerConfiguration.load(arguments: [], environment: [:])
        #expect(number.arrives(configuration) == number.standard)
        let documented = ConfigurationOption.all.first { $0.key == number.key }?.defaultText
        // A demo has another default, which is told after it.
        #expect(documented?.split(separator: ";").first.map(String.init) == String(number.standard))
    }

    @Test("A number that is set arrives where it is used, and no other changes", arguments: numbers)
    func set(number: Number) throws {
        try #require(number.other != number.standard)
        let configuration = try ServerConfiguration.load(flags: [number.key: String(number.other)], environment: [:])
        for each in Self.numbers {
            #expect(each.arrives(configuration) == (each.key == number.key ? number.other : each.standard))
        }
    }

    @Test("Every option of accounts and sign-in is among these")
    func allAreHere() {
        let features = ["codes", "sessions", "password", "reset", "stepUp", "devices", "guesses", "registration"]
        // One of the rates of all commands, of which sign-ins need it most.
        let rates: Set = ["limits.sharing"]
        let keys = ConfigurationOption.all.filter { option in
            option.kind == .integer
                && (rates.contains(option.key) || features.contains { option.key.hasPrefix($0 + ".") })
        }
        #expect(Set(keys.map(\.key)) == Set(Self.numbers.map(\.key)))
    }

    @Test("Without options nothing differs from what the feature says of itself")
    func defaultsAreTheFeatures() throws {
        let configured = try ServerConfiguration.load(arguments: [], environment: [:]).auth
        let own = AuthConfiguration()
        #expect(configured.guesses.account == own.guesses.account)
        #expect(configured.guesses.address == own.guesses.address)
        #expect(configured.guesses.global == own.guesses.global)
        #expect(configured.guesses.tokens == own.guesses.tokens)
        #expect(configured.registrationDomains.isEmpty && configured.defaultDomain == nil)
    }

    @Test("The letters bear the operator's name, and the domains arrive in lower case")
    func texts() throws {
        let flags = [
            "operator.name": "Hill Shuttle", "registration.domains": "Example.COM,b.example",
            "registration.defaultDomain": "EXAMPLE.com",
        ]
        let auth = try ServerConfiguration.load(flags: flags, environment: [:]).auth
        #expect(auth.serviceName == "Hill Shuttle")
        #expect(auth.registrationDomains == ["example.com", "b.example"])
        #expect(auth.defaultDomain == "example.com")
    }

    @Test(
        "A number beyond its bounds is refused",
        arguments: [
            ("codes.lifetime", "29"), ("codes.lifetime", "601"), ("codes.triesPerCode", "0"), ("codes.triesPerCode", "21"),
            ("codes.triesPerDay", "0"), ("codes.pauseBetweenMails", "-1"), ("codes.mailsPerHour", "0"),
            ("sessions.riderLifetime", "299"), ("sessions.staffLifetime", "604801"), ("sessions.staffIdle", "119"),
            ("sessions.endedMemory", "0"), ("devices.perAccount", "0"), ("devices.perAccount", "101"),
            ("devices.lifetime", "3599"), ("stepUp.lifetime", "3601"), ("reset.lifetime", "59"),
            ("registration.lifetime", "86401"), ("password.waiting", "-1"), ("password.memory", "7167"),
            ("password.passes", "0"), ("password.lanes", "17"), ("guesses.account.burst", "0"),
            ("guesses.global.perHour", "0"), ("guesses.tokens.perHour", "1.5"), ("registration.defaultDomain", "@example"),
            ("registration.defaultDomain", "example"),
        ]
    )
    func bounds(key: String, value: String) throws {
        #expect(try places([key: value]) == [flag(key)])
    }

    @Test(
        "Numbers that do not fit together are named, by what was set",
        arguments: [
            (["sessions.staffIdle": "43201"], "sessions.staffIdle"),
            (["sessions.staffLifetime": "1799"], "sessions.staffLifetime"),
            (["sessions.staffLifetime": "3600", "sessions.staffIdle": "3601"], "sessions.staffIdle"),
            (["codes.triesPerDay": "4"], "codes.triesPerDay"),
            (["codes.triesPerCode": "11"], "codes.triesPerCode"),
            (
                ["registration.domains": "a.example", "registration.defaultDomain": "b.example"],
                "registration.defaultDomain"
            ),
            (["password.memory": "19455"], "password.memory"),
            (["password.passes": "1"], "password.passes"),
            (["password.memory": "7168", "password.passes": "4"], "password.memory"),
        ]
    )
    func conflicts(flags: [String: String], key: String) throws {
        #expect(try places(flags) == [flag(key)])
    }

    @Test(
        "What is just within is accepted",
        arguments: [
            ["sessions.staffIdle": "43200"], ["sessions.staffLifetime": "1800"], ["codes.triesPerDay": "5"],
            ["codes.triesPerCode": "10"],
            ["registration.domains": "a.example,b.example", "registration.defaultDomain": "b.example"],
            ["registration.defaultDomain": "b.example"], ["password.memory": "47104", "password.passes": "1"],
            ["password.memory": "12288", "password.passes": "3"], ["password.memory": "9216", "password.passes": "4"],
            ["password.memory": "7168", "password.passes": "5"], ["password.memory": "7168", "password.passes": "6"],
        ]
    )
    func within(flags: [String: String]) throws {
        #expect(try places(flags).isEmpty)
    }

    private func flag(_ key: String) -> String? { ConfigurationOption.all.first { $0.key == key }?.flag }

    /// Where something is wrong with these flags.
    private func places(_ flags: [String: String]) throws -> [String?] {
        do {
            _ = try ServerConfiguration.load(flags: flags, environment: [:])
            return []
        } catch {
            return error.problems.map(\.place)
        }
    }
}
