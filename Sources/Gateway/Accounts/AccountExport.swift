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

extension CommandRegistry where Store: FarebusStore {
    /// Registers what people get of themselves, for which every feature has to be asked.
    mutating func registerAccountExport(_ auth: AuthService<Store>, _ ledger: Ledger) {
        read(ExportAccount.self) { _, context, snapshot in
            try AccountExport(session: try context.signedIn(), now: context.now, reads: snapshot)
                .make(auth, ledger)
        }
    }
}

/// Collects an export on one snapshot, a page at a time.
private struct AccountExport<Reads: FarebusSnapshot> {
    let session: Principal
    let now: Timestamp
    let reads: Reads

    private var owner: AccountID { session.account }

    func make<Store: FarebusStore>(_ auth: AuthService<Store>, _ ledger: Ledger) throws -> ExportAccount.Output {
        guard let account = try reads.account(owner) else { throw Problem.notSignedIn }
        return ExportAccount.Output(
            exportedAt: now, account: try auth.view(account, of: session, in: reads),
            authenticator: try reads.authenticator(of: owner).map {
                ExportAccount.Authenticator(confirmedAt: $0.confirmedAt, recoveryCodesLeft: $0.recoveryCodes.count)
            },
            devices: try reads.devices(of: owner).map(DeviceView.init),
            sessions: try sessions().map {
                ExportAccount.Session(
                    id: $0.id, issuedAt: $0.issuedAt, expiresAt: $0.expiresAt, ending: $0.ending?.rawValue
                )
            },
            bookings: try Self.all { last, limit in
                try reads.bookings(of: owner, state: nil, before: last?.id, limit: limit)
            }.map(BookingView.init),
            wallet: try wallet(ledger.currency), events: try events(), audit: try audit()
        )
    }

    /// They can't be read from where a page ended: so the page grows until it has them all. Few are remembered.
    private func sessions() throws -> [StoredSession] {
        var limit = 200
        while true {
            let found = try reads.sessions(of: owner, limit: limit)
            guard found.count == limit else { return found }
            limit *= 2
        }
    }

    private func wallet(_ currency: CurrencyCode) throws -> ExportAccount.Wallet? {
        guard let balance = try reads.balance(of: .wallet(owner)) else { return nil }
        let movements = try Self.all { last, limit in
            try reads.movements(of: .wallet(owner), before: last?.number, limit: limit)
        }
        return ExportAccount.Wallet(
            balance: Money(amount: balance, currency: currency),
            transactions: movements.map { TransactionView($0, currency) }
        )
    }

    private func events() throws -> [ExportAccount.Event] {
        try Self.all { last, limit in try reads.events(of: owner.raw, before: last?.id, limit: limit) }.map {
            ExportAccount.Event(
                id: $0.id, at: $0.at, kind: $0.kind,
                actor: [owner.raw, "system"].contains($0.actor) ? $0.actor : "other",
                data: try WireJSON.decode([String: JSONValue].self, from: $0.data)
            )
        }
    }

    private func audit() throws -> [ExportAccount.Deed] {
        try Self.all { last, limit in
            try reads.audit(AuditQuery(subject: owner.raw, before: last?.id, limit: limit))
        }.map {
            let entry = try AuditView($0)
            return ExportAccount.Deed(
                at: entry.at, action: entry.action, reason: entry.reason, before: entry.before, after: entry.after
            )
        }
    }

    /// Everything of a list that is read a page at a time.
    ///
    /// - Parameter page: what comes after the last one of the page before, `limit` of it at most.
    private static func all<Record>(_ page: (_ last: Record?, _ limit: Int) throws -> [Record]) throws -> [Record] {
        let limit = 200
        var all: [Record] = []
        while true {
            let next = try page(all.last, limit)
            all += next
            guard next.count == limit else { return all }
        }
    }
}
