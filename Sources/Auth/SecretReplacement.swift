package import CommandBus

/// What has to be done to accounts when the server's secret is another one, because the old one was lost or is known.
///
/// Codes that are under way and remembered devices just don't fit any more: new ones are made with the next sign-in. But no
/// code of an authenticator app could be right again, and its owner could not get in to remove it.
package enum SecretReplacement {
    /// Removes the authenticator apps of all staff, whose factor is mail again, and tells them. The audit log says that it was
    /// done by nobody who is known here.
    ///
    /// - Returns: how many there were.
    package static func removeAuthenticators(
        configuration: AuthConfiguration, in work: Work<some AccountRecords & WorkRecords>
    ) throws -> Int {
        let letters = AccountLetters(configuration)
        var count = 0
        for account in try work.tx.allAccounts(of: StaffRole.roles)
        where try work.tx.authenticator(of: account.id) != nil {
            try work.tx.removeAuthenticator(of: account.id)
            if account.state != .closed { work.send(letters.authenticatorRemoved(to: account.email)) }
            count += 1
        }
        try work.audit(
            "admin.replace-secret", subject: "server", reason: "done at the server's own machine",
            before: Removal(authenticators: count), after: Removal(authenticators: 0)
        )
        return count
    }

    /// What the audit log keeps of it.
    private struct Removal: Encodable {
        let authenticators: Int
    }
}
