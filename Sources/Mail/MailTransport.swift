/// Carries letters away.
package protocol MailTransport: Sendable {
    /// Hands one letter over; when it returns, the letter is somebody else's to keep.
    func send(_ letter: Letter) async throws(MailFailure)
}

/// Why a letter could not be handed over.
package enum MailFailure: Error, Sendable, Equatable {
    /// It may work later.
    case temporary(String)
    /// It will never work with this letter.
    case permanent(String)

    package var reason: String {
        switch self {
        case .temporary(let reason), .permanent(let reason): reason
        }
    }
}
