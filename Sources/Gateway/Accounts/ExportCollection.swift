import Auth
import Booking
import CommandBus
import Foundation
import Wallet

extension CommandRegistry where Store: FarebusStore {
    /// Registers what people get of themselves, for which every feature has to be asked.
    mutating func registerAccountExport(_ auth: AuthService<Store>, _ ledger: Ledger) {
        let store = store
        answer(ExportAccount.self) { _, context in
            let collection = ExportCollection(session: try context.signedIn(), now: context.now, store: store)
            return try await collection.make(auth, ledger)
        }
    }
}

/// Collects an export a page at a time, each in a read of its own: others read in between, however much somebody has. What
/// comes in meanwhile may be in one list and not yet in another.
private struct ExportCollection<Store: FarebusStore>: Sendable {
    let session: Principal
    let now: Timestamp
    let store: Store

    /// Of each list at most. Nobody has as many rides; who makes events by the thousand gets the newest of them.
    private let longest = 10_000
    private let page = 200

    private var owner: AccountID { session.account }

    func make(_ auth: AuthService<Store>, _ ledger: Ledger) async throws -> ExportAccount.Output {
        let (owner, session, currency) = (owner, session, ledger.currency)
        let (account, authenticator, devices, balance) = try await store.read { reads in
            guard let account = try reads.account(owner) else { throw Problem.notSignedIn }
            return (
                try auth.view(account, of: session, in: reads),
                try reads.authenticator(of: owner).map {
                    ExportAccount.Authenticator(confirmedAt: $0.confirmedAt, recoveryCodesLeft: $0.recoveryCodes.count)
                },
                try reads.devices(of: owner).map(DeviceView.init), try reads.balance(of: .wallet(owner))
            )
        }
        let sessions = try await sessions()
        let bookings = try await list(after: \.id) { reads, last, limit in
            try reads.bookings(of: owner, state: nil, before: last, limit: limit).map(BookingView.init)
        }
        let movements = try await list(after: \.number) { reads, last, limit in
            try reads.movements(of: .wallet(owner), before: last, limit: limit)
        }
        let events = try await list(after: \.id) { reads, last, limit in
            try reads.events(of: owner.raw, before: last, limit: limit).map { try ExportAccount.Event($0, of: owner) }
        }
        let audit = try await list(after: \.id) { reads, last, limit in
            try reads.audit(AuditQuery(subject: owner.raw, before: last, limit: limit)).map { try AuditView($0) }
        }
        return ExportAccount.Output(
            exportedAt: now, account: account, authenticator: authenticator, devices: devices, sessions: sessions.items,
            bookings: bookings.items,
            wallet: balance.map {
                ExportAccount.Wallet(
                    balance: Money(amount: $0, currency: currency),
                    transactions: movements.items.map { TransactionView($0, currency) }
                )
            },
            events: events.items, audit: audit.items.map(ExportAccount.Deed.init),
            truncated: [
                ("sessions", sessions.isCut), ("bookings", bookings.isCut), ("transactions", movements.isCut),
                ("events", events.isCut), ("audit", audit.isCut),
            ].filter(\.1).map(\.0)
        )
    }

    private struct Listing<Item: Sendable>: Sendable {
        var items: [Item] = []
        var isCut = false
    }

    /// The newest of a list, a page after the other.
    ///
    /// - Parameters:
    ///   - place: where in the list an item is.
    ///   - read: what comes after a place, so many at most.
    private func list<Item: Sendable, Place: Sendable>(
        after place: (Item) -> Place,
        _ read: @escaping @Sendable (_ reads: Store.Snapshot, _ last: Place?, _ limit: Int) throws -> [Item]
    ) async throws -> Listing<Item> {
        var all = Listing<Item>()
        while true {
            let (last, page) = (all.items.last.map(place), page)
            let next = try await store.read { reads in try read(reads, last, page) }
            all.items += next
            if next.count < page { return all }
            if all.items.count >= longest {
                all.isCut = true
                return all
            }
        }
    }

    /// They can't be read from where a page ended, and few are remembered: one page, of the newest.
    private func sessions() async throws -> Listing<ExportAccount.Session> {
        let (owner, limit) = (owner, 1000)
        let found = try await store.read { reads in try reads.sessions(of: owner, limit: limit + 1) }
        let items = found.prefix(limit).map {
            ExportAccount.Session(id: $0.id, issuedAt: $0.issuedAt, expiresAt: $0.expiresAt, ending: $0.ending?.rawValue)
        }
        return Listing(items: items, isCut: found.count > limit)
    }
}

extension ExportAccount.Event {
    fileprivate init(_ event: StoredEvent, of owner: AccountID) throws {
        self.init(
            id: event.id, at: event.at, kind: event.kind,
            actor: [owner.raw, "system"].contains(event.actor) ? event.actor : "other",
            data: try WireJSON.decode([String: JSONValue].self, from: event.data)
        )
    }
}

extension ExportAccount.Deed {
    fileprivate init(_ entry: AuditView) {
        self.init(at: entry.at, action: entry.action, reason: entry.reason, before: entry.before, after: entry.after)
    }
}
