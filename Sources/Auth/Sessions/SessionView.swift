package import CommandBus
import Cryptography

/// A session on the wire: with its token where it was just opened, or what is still to be done where it was not.
package struct SessionView: Codable, Sendable {
    /// To be sent with every command; told once.
    package let token: String?
    package let expiresAt: Timestamp
    /// Seconds without a command after which the session is over before that; only where there is such a rule.
    package let idleSeconds: Int?
    package let account: AccountID?
    package let role: Role?
    /// Where a second factor is due: what to answer to with the code.
    package let challenge: String?
    /// Where a second factor is due: where the code comes from.
    package let factor: Factor?
    /// Where the device is remembered: what to send with the next sign-in on it. It is good once, and told once.
    package let device: String?

    /// - Parameter device: the secret for the next sign-in of the device, if it is remembered.
    static func opened(_ opened: OpenedSession, device: SecretToken? = nil) -> SessionView {
        let principal = opened.principal
        return SessionView(
            token: opened.token.text, expiresAt: principal.expiresAt, idleSeconds: opened.idleSeconds,
            account: principal.account, role: principal.role, challenge: nil, factor: nil, device: device?.text
        )
    }

    static func current(_ principal: Principal, idleSeconds: Int?) -> SessionView {
        SessionView(
            token: nil, expiresAt: principal.expiresAt, idleSeconds: idleSeconds, account: principal.account,
            role: principal.role, challenge: nil, factor: nil, device: nil
        )
    }

    static func challenged(_ asked: SecondFactorDesk.Asked) -> SessionView {
        SessionView(
            token: nil, expiresAt: asked.expiresAt, idleSeconds: nil, account: nil, role: nil,
            challenge: asked.challenge.text, factor: asked.factor, device: nil
        )
    }
}
