import Auth
import CommandBus
import Cryptography

extension ServerConfiguration {
    private static let minute = 60
    private static let hour = 3600
    private static let day = 86_400

    /// Reads every number of accounts and sign-in; the defaults are those of ``AuthConfiguration``.
    static func readAccounts(
        _ reading: inout ConfigurationReading, serviceName: String, isDemo: Bool
    ) -> AuthConfiguration {
        var auth = AuthConfiguration()
        auth.serviceName = serviceName
        readRegistration(&reading, into: &auth)
        auth.codes = readCodes(&reading, standard: auth.codes)
        auth.guesses = readGuesses(&reading, standard: auth.guesses)
        auth.resetLifetime = reading.integer(
            "reset.lifetime", default: auth.resetLifetime, in: minute...day,
            "Seconds within which a shown mailbox may be turned into a new password."
        )
        auth.stepUpLifetime = reading.integer(
            "stepUp.lifetime", default: auth.stepUpLifetime, in: 30...hour,
            "Seconds within which a fresh second factor is good for its command."
        )
        readSessions(&reading, isDemo: isDemo, into: &auth)
        auth.devicesPerAccount = reading.integer(
            "devices.perAccount", default: auth.devicesPerAccount, in: 1...100,
            "How many devices of an account need no second factor; one more, and the one used longest ago is forgotten."
        )
        auth.deviceLifetime = reading.integer(
            "devices.lifetime", default: auth.deviceLifetime, in: hour...(730 * day),
            "Seconds after which a device that is not used is forgotten."
        )
        return auth
    }

    private static func readRegistration(_ reading: inout ConfigurationReading, into auth: inout AuthConfiguration) {
        let domains = reading.list(
            "registration.domains", "The domains of e-mail addresses that may register; empty for all.",
            rule: "domains like example.com", accepts: isDomain
        )
        auth.registrationDomains = Set(domains.map { $0.lowercased() })
        auth.defaultDomain = reading.value(
            "registration.defaultDomain", default: nil, "", rule: "a domain like example.com",
            "The domain that a bare user name stands in, so that 'asha' is 'asha@example.com'; without it there are none.",
            parse: { isDomain($0) ? .some($0.lowercased()) : nil }, write: { $0 ?? "" }
        )
        if let domain = auth.defaultDomain, !domains.isEmpty, !auth.registrationDomains.contains(domain) {
            reading.conflict("registration.defaultDomain", "must be one of registration.domains, where those are set")
        }
        auth.registrationLifetime = reading.integer(
            "registration.lifetime", default: auth.registrationLifetime, in: minute...day,
            "Seconds within which a shown mailbox may be turned into an account."
        )
    }

    private static func readCodes(
        _ reading: inout ConfigurationReading, standard: AuthConfiguration.Codes
    ) -> AuthConfiguration.Codes {
        var codes = standard
        codes.lifetime = reading.integer(
            "codes.lifetime", default: standard.lifetime, in: 30...(10 * minute), "Seconds that a mailed code is good for."
        )
        codes.triesPerCode = reading.integer(
            "codes.triesPerCode", default: standard.triesPerCode, in: 1...20, "Wrong answers after which a code is dead."
        )
        codes.triesPerDay = reading.integer(
            "codes.triesPerDay", default: standard.triesPerDay, in: 1...1000,
            "Wrong answers to the codes of one address within 24 hours; those of its owner are counted apart."
        )
        codes.pauseBetweenMails = reading.integer(
            "codes.pauseBetweenMails", default: standard.pauseBetweenMails, in: 0...hour,
            "Seconds between two codes to one address."
        )
        codes.mailsPerHour = reading.integer(
            "codes.mailsPerHour", default: standard.mailsPerHour, in: 1...1000,
            "How many codes go to one address within an hour."
        )
        let perHour = reading.integer(
            "codes.network.perHour", default: Int((standard.network.perSecond * Double(hour)).rounded()), in: 1...10_000_000,
            "How many codes for a registration or a new password may be asked for from one network address an hour."
        )
        let burst = reading.integer(
            "codes.network.burst", default: standard.network.burst, in: 1...1_000_000,
            "How many codes for a registration or a new password may be asked for from one network address at once after a pause."
        )
        codes.network = Rate(perSecond: Double(perHour) / Double(hour), burst: burst)
        if codes.triesPerDay < codes.triesPerCode {
            let isDayStandard = reading.isStandard("codes.triesPerDay")
            reading.conflict(
                isDayStandard ? "codes.triesPerCode" : "codes.triesPerDay",
                isDayStandard
                    ? "must not be more than codes.triesPerDay, which is \(codes.triesPerDay)"
                    : "must not be less than codes.triesPerCode, which is \(codes.triesPerCode)"
            )
        }
        return codes
    }

    private static func readGuesses(
        _ reading: inout ConfigurationReading, standard: AuthConfiguration.Guesses
    ) -> AuthConfiguration.Guesses {
        func rate(_ name: String, _ standard: Rate, _ what: String) -> Rate {
            let perHour = reading.integer(
                "guesses.\(name).perHour", default: Int((standard.perSecond * Double(hour)).rounded()), in: 1...10_000_000,
                "How many \(what) may be wrong an hour."
            )
            let burst = reading.integer(
                "guesses.\(name).burst", default: standard.burst, in: 1...1_000_000,
                "How many \(what) may be wrong at once after a pause."
            )
            return Rate(perSecond: Double(perHour) / Double(hour), burst: burst)
        }
        var guesses = standard
        guesses.account = rate("account", standard.account, "passwords of one account, on devices that it does not know,")
        guesses.address = rate("address", standard.address, "passwords and codes from one network address")
        guesses.global = rate(
            "global", standard.global, "passwords of everybody together, on unknown devices, and as many codes,"
        )
        guesses.tokens = rate("tokens", standard.tokens, "session tokens from one network address")
        return guesses
    }

    private static func readSessions(
        _ reading: inout ConfigurationReading, isDemo: Bool, into auth: inout AuthConfiguration
    ) {
        auth.riderSessionLifetime = reading.integer(
            "sessions.riderLifetime", default: auth.riderSessionLifetime, in: (5 * minute)...(366 * day),
            "Seconds that a rider's session lasts."
        )
        auth.staffSessionLifetime = reading.integer(
            "sessions.staffLifetime", default: auth.staffSessionLifetime, in: (5 * minute)...(7 * day),
            "Seconds that a session of staff lasts."
        )
        auth.staffIdleTime = reading.integer(
            // The sessions that a demo writes down are there to be used at some time.
            "sessions.staffIdle", default: isDemo ? auth.staffSessionLifetime : auth.staffIdleTime,
            in: (2 * minute)...(7 * day), "Seconds after which a session of staff that nobody uses is over.",
            defaultText: "\(AuthConfiguration().staffIdleTime); with demo: as long as it lasts"
        )
        if auth.staffIdleTime > auth.staffSessionLifetime {
            let key = reading.isStandard("sessions.staffIdle") ? "sessions.staffLifetime" : "sessions.staffIdle"
            let rule = "must leave sessions.staffIdle (\(auth.staffIdleTime)) within sessions.staffLifetime"
            reading.conflict(key, rule + " (\(auth.staffSessionLifetime))")
        }
        auth.endedSessionMemory = reading.integer(
            "sessions.endedMemory", default: auth.endedSessionMemory, in: hour...(366 * day),
            "Seconds for which a session that has ended can still be told what became of it."
        )
    }

    /// Reads what hashing a password costs, and how many wait for it.
    static func readPassword(_ reading: inout ConfigurationReading) -> Password {
        let threads = reading.integer(
            "password.hashThreads", default: 2, in: 1...64,
            "How many passwords are hashed at once, each with password.memory."
        )
        let waiting = reading.integer(
            "password.waiting", default: 128, in: 0...100_000,
            "How many more may wait to be hashed; beyond them a sign-in is answered 429."
        )
        let standard = Argon2id.Cost()
        let memory = reading.integer(
            "password.memory", default: Int(standard.memory), in: leastMemory(passes: 5)...4_194_304,
            "KiB of memory that Argon2id takes for a password; the fewer the passes, the more it must be."
        )
        let passes = reading.integer(
            "password.passes", default: Int(standard.passes), in: 1...100, "How often Argon2id goes over that memory."
        )
        let lanes = reading.integer(
            "password.lanes", default: Int(standard.lanes), in: 1...16, "Into how many lanes Argon2id parts that memory."
        )
        let least = leastMemory(passes: passes)
        if memory < least {
            let key = reading.isStandard("password.memory") ? "password.passes" : "password.memory"
            reading.conflict(
                key, "is too little for a password: with \(passes) passes, password.memory is at least \(least)")
        }
        return Password(
            hashThreads: threads, waiting: waiting,
            cost: Argon2id.Cost(memory: UInt32(memory), passes: UInt32(passes), lanes: UInt32(lanes))
        )
    }

    /// The KiB of memory that are enough for so many passes: the equally strong settings of OWASP's Password Storage Cheat
    /// Sheet.
    private static func leastMemory(passes: Int) -> Int {
        let steps = [47_104, 19_456, 12_288, 9216, 7168]
        return steps[min(max(passes, 1), steps.count) - 1]
    }

    private static func isDomain(_ text: String) -> Bool {
        (try? EmailAddress(refining: "name@" + text)) != nil
    }
}
