import Auth
import Booking
import CommandBus
import Wallet

/// Shows a rider, with what there is to know before something is done to the account.
enum ShowRider: Command {
    struct Input: Codable, Sendable {
        let id: AccountID
    }

    struct Output: Codable, Sendable {
        let id: AccountID
        /// Null, as the name and the roll number, once the account is closed: who it was has been erased then.
        let email: EmailAddress?
        let name: String?
        let rollNumber: String?
        let state: AccountState
        let createdAt: Timestamp
        let balance: Money
        /// Bookings of rides that are still to come, or under way.
        let ridesToCome: Int
        /// Null for somebody who never has, or not for long.
        let lastSignInAt: Timestamp?
    }

    static let name = "riders.show"
    static let route = RESTRoute.get("/v1/riders/{id}")
    static let access = Access.roles(RiderChange.staff)
    static let cost = CostClass.read
    static let idempotency = IdempotencyRule.none
    static let summary = "Shows a rider, with the money, the rides to come and the last sign-in."
    static let problems: [Problem.Code] = [.notFound]
    static let example = Input(id: AccountID(trusted: "a_0example"))
}

extension CommandRegistry where Store: FarebusStore {
    /// Registers what staff are shown of a rider, for which every feature has to be asked.
    mutating func registerShowRider(_ ledger: Ledger) {
        read(ShowRider.self) { input, context, snapshot in
            try ShowRider.Output(input.id, in: snapshot, at: context.now, currency: ledger.currency)
        }
    }
}

extension ShowRider.Output {
    /// - Parameter currency: what wallets are kept in.
    /// - Throws: ``Problem/Code/notFound``.
    init(_ id: AccountID, in reads: some FarebusSnapshot, at now: Timestamp, currency: CurrencyCode) throws {
        let rider = RiderView(try reads.rider(id))
        self.init(
            id: rider.id, email: rider.email, name: rider.name, rollNumber: rider.rollNumber, state: rider.state,
            createdAt: rider.createdAt,
            balance: Money(amount: try reads.balance(of: .wallet(id)) ?? 0, currency: currency),
            ridesToCome: try reads.ridesToCome(of: id, at: now), lastSignInAt: try reads.lastSignIn(of: id)
        )
    }
}

extension EventReads {
    /// When an account was last signed in to, as far as that is among its newest events; a token that was refreshed since is
    /// no sign-in.
    fileprivate func lastSignIn(of account: AccountID) throws -> Timestamp? {
        try events(of: account.raw, before: nil, limit: 200).first { $0.kind == "session.opened" }?.at
    }
}
