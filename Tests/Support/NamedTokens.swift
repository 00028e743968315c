package import CommandBus

/// Sessions that need no sign-in: the token `rider/a_1` is a session of the rider `a_1`.
package struct NamedTokens: Authenticator {
    /// The session epoch of these sessions.
    package static let epoch = 1

    package init() {}

    package func authenticate(token: String, from address: String, use: TokenUse) async throws -> Principal {
        switch token {
        case "expired": throw Problem.sessionExpired
        case "replaced": throw Problem.sessionReplaced
        default: break
        }
        let parts = token.split(separator: "/")
        guard parts.count == 2, let role = Role(rawValue: String(parts[0])) else { throw Problem.notSignedIn }
        return Self.principal(role, AccountID(trusted: String(parts[1])))
    }

    package static func principal(_ role: Role, _ account: AccountID, epoch: Int = NamedTokens.epoch) -> Principal {
        Principal(
            account: account, role: role, session: SessionID(trusted: "s_\(account)_\(epoch)"), epoch: epoch,
            expiresAt: Timestamp(milliseconds: 4_102_444_800_000)
        )
    }

    package static func token(_ role: Role, _ account: AccountID) -> String {
        "\(role.rawValue)/\(account)"
    }
}
