import Auth
import Booking
import CommandBus
import Foundation
import Wallet

/// Gives people everything that the server keeps about them.
enum ExportAccount: Command {
    typealias Input = NoInput

    struct Output: Codable, Sendable {
        let exportedAt: Timestamp
        let account: AccountView
        /// The authenticator app of the second factor; null where there is none.
        let authenticator: Authenticator?
        /// The devices that need no second factor, the one used last first.
        let devices: [DeviceView]
        /// The sessions that are still remembered, the newest first.
        let sessions: [Session]
        /// The newest first, as all that follows.
        let bookings: [BookingView]
        /// Null for staff, who have no wallet.
        let wallet: Wallet?
        /// What the event log has about the account.
        let events: [Event]
        /// What the audit log has about what was done to the account.
        let audit: [Deed]
        /// The names of the lists that have more than fits into an export, of which the newest are here; commonly none.
        let truncated: [String]
    }

    struct Authenticator: Codable, Sendable {
        /// Null while its owner has not shown that it works.
        let confirmedAt: Timestamp?
        let recoveryCodesLeft: Int
    }

    struct Session: Codable, Sendable {
        let id: SessionID
        let issuedAt: Timestamp
        let expiresAt: Timestamp
        /// Null for the one that lives.
        let ending: String?
    }

    struct Wallet: Codable, Sendable {
        let balance: Money
        let transactions: [TransactionView]
    }

    struct Event: Codable, Sendable {
        let id: EventID
        let at: Timestamp
        let kind: String
        /// The account itself, `system`, or `other` for anybody else.
        let actor: String
        let data: [String: JSONValue]
    }

    /// What was done to the account, and why; not by whom, which is nobody's own.
    struct Deed: Codable, Sendable {
        let at: Timestamp
        /// The command that did it.
        let action: String
        let reason: String
        let before: AuditedState?
        let after: AuditedState?
    }

    static let name = "account.export"
    static let route = RESTRoute.get("/v1/me/export")
    static let access = Access.signedIn
    static let cost = CostClass.credential
    static let idempotency = IdempotencyRule.none
    static let summary = """
        Gives everything that is kept about oneself, as JSON: account, devices, sessions, bookings, money, events, and what \
        staff have done to the account. Secrets are not among it.
        """
    static let example = NoInput()
}
