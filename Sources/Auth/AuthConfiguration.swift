import CommandBus

/// Every number of accounts and sign-in. Times are seconds.
package struct AuthConfiguration: Sendable {
    /// One-time codes.
    package struct Codes: Sendable {
        package var lifetime = 5 * 60
        /// Wrong answers after which a code is dead.
        package var triesPerCode = 5
        /// Wrong answers to all codes of one purpose and address within 24 hours.
        package var triesPerDay = 10
        /// Between two codes of one purpose to one address.
        package var pauseBetweenMails = 60
        /// Codes of one purpose to one address within an hour.
        package var mailsPerHour = 5

        package init() {}
    }

    /// What the service is called in its letters.
    package var serviceName = "Farebus"
    /// The domains whose addresses may register, in lower case; empty for all.
    package var registrationDomains: Set<String> = []
    package var codes = Codes()
    /// How long a shown mailbox may be turned into an account.
    package var registrationLifetime = 15 * 60
    package var riderSessionLifetime = 30 * 24 * 3600
    package var staffSessionLifetime = 12 * 3600
    /// How long after its end a session can still be told what became of it.
    package var endedSessionMemory = 7 * 24 * 3600
    /// Devices that an account may have passed the second factor on; the one used longest ago is forgotten.
    package var devicesPerAccount = 10

    package init() {}

    func sessionLifetime(of role: Role) -> Int {
        role == .rider ? riderSessionLifetime : staffSessionLifetime
    }

    func accepts(_ address: EmailAddress) -> Bool {
        guard !registrationDomains.isEmpty else { return true }
        return address.raw.split(separator: "@").last.map { registrationDomains.contains(String($0)) } ?? false
    }
}
