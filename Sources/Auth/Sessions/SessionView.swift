package import CommandBus
import Cryptography

/// A session on the wire: with its token where it was just opened, or what is still to be done where it was not.
package struct SessionView: Codable, Sendable {
    /// To be sent with every command; told once.
    package let token: String?
    package let expiresAt: Timestamp
    package let account: AccountID?
    package let role: Role?
    /// Where a second factor is due: what to answer to with the code that was sent by mail.
    package let challenge: String?

    private init(token: String?, expiresAt: Timestamp, account: AccountID?, role: Role?, challenge: String?) {
        self.token = token
        self.expiresAt = expiresAt
        self.account = account
        self.role = role
        self.challenge = challenge
    }

    static func opened(_ opened: OpenedSession) -> SessionView {
        let principal = opened.principal
        return SessionView(
            token: opened.token.text, expiresAt: principal.expiresAt, account: principal.account, role: principal.role,
            challenge: nil
        )
    }

    static func current(_ principal: Principal) -> SessionView {
        SessionView(
            token: nil, expiresAt: principal.expiresAt, account: principal.account, role: principal.role, challenge: nil
        )
    }

    static func challenged(_ sent: CodeDesk.Sent) -> SessionView {
        SessionView(token: nil, expiresAt: sent.expiresAt, account: nil, role: nil, challenge: sent.challenge.text)
    }
}
