package import CommandBus

/// Every number of accounts and sign-in. Times are seconds.
package struct AuthConfiguration: Sendable {
    /// One-time codes.
    package struct Codes: Sendable {
        package var lifetime = 5 * 60
        /// Wrong answers after which a code is dead.
        package var triesPerCode = 5
        /// Wrong answers to all codes of one budget and address within 24 hours.
        package var triesPerDay = 10
        /// Between two codes of one budget to one address.
        package var pauseBetweenMails = 60
        /// Codes of one budget to one address within an hour.
        package var mailsPerHour = 5
        /// Codes that anybody can ask for, to whatever addresses, from one network.
        package var network = Rate(perSecond: 600.0 / 3600, burst: 100)

        package init() {}
    }

    /// How often a secret may be guessed wrongly, by what; see ``GuessBudget``.
    package struct Guesses: Sendable {
        /// Passwords of one account, on devices that it does not know; and as many again on those that it knows.
        package var account = Rate(perSecond: 10.0 / 3600, burst: 10)
        /// Passwords and codes from one network address.
        package var address = Rate(perSecond: 600.0 / 3600, burst: 100)
        /// Passwords and codes of everybody together, on devices that are not known.
        package var global = Rate(perSecond: 3600.0 / 3600, burst: 1000)
        /// Session tokens from one network address.
        package var tokens = Rate(perSecond: 1, burst: 100)

        package init() {}
    }

    /// What the service is called in its letters.
    package var serviceName = "Farebus"
    /// The domains whose addresses may register, in lower case; empty for all.
    package var registrationDomains: Set<String> = []
    /// The domain that a bare user name stands in; nil where there is none.
    package var defaultDomain: String?
    package var codes = Codes()
    package var guesses = Guesses()
    /// How long a shown mailbox may be turned into an account.
    package var registrationLifetime = 15 * 60
    /// How long a shown mailbox may be turned into a new password.
    package var resetLifetime = 15 * 60
    /// How long a step-up waits for its command.
    package var stepUpLifetime = 5 * 60
    package var riderSessionLifetime = 30 * 24 * 3600
    package var staffSessionLifetime = 12 * 3600
    /// After which a session of staff that nobody uses is over.
    package var staffIdleTime = 30 * 60
    /// How long after its end a session can still be told what became of it.
    package var endedSessionMemory = 7 * 24 * 3600
    /// Devices that an account may have passed the second factor on; the one used longest ago is forgotten.
    package var devicesPerAccount = 10
    /// After which a device that is not used is forgotten.
    package var deviceLifetime = 90 * 24 * 3600

    package init() {}

    func sessionLifetime(of role: Role) -> Int {
        role == .rider ? riderSessionLifetime : staffSessionLifetime
    }

    /// Seconds after which a session that nobody uses is over; nil where that does not end it.
    func idleTime(of role: Role) -> Int? {
        role == .rider ? nil : staffIdleTime
    }

    func accepts(_ address: EmailAddress) -> Bool {
        guard !registrationDomains.isEmpty else { return true }
        return address.raw.split(separator: "@").last.map { registrationDomains.contains(String($0)) } ?? false
    }
}
