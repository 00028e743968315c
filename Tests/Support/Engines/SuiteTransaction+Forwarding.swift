package import Booking
package import CommandBus
package import Foundation
package import Mail
package import Wallet

extension SuiteTransaction: BookingRecords {
    package func takeSeat(on departure: DepartureID, at now: Timestamp) throws -> DepartureRecord? {
        try records.takeSeat(on: departure, at: now)
    }

    package func releaseSeat(on departure: DepartureID) throws -> DepartureRecord? {
        try records.releaseSeat(on: departure)
    }

    package func insert(_ booking: BookingRecord) throws {
        try records.insert(booking)
    }

    package func cancel(_ booking: BookingID, at now: Timestamp, refund: JournalEntryID?) throws -> Bool {
        try records.cancel(booking, at: now, refund: refund)
    }
}

extension SuiteTransaction: TimetableRecords {
    package func put(_ route: BusRoute) throws {
        try records.put(route)
    }

    package func put(_ stop: Stop) throws {
        try records.put(stop)
    }

    package func put(_ calendar: ServiceCalendar, as service: ServiceID) throws {
        try records.put(calendar, as: service)
    }

    package func put(_ bus: Bus) throws {
        try records.put(bus)
    }

    package func end(_ bus: BusID, at: Timestamp) throws {
        try records.end(bus, at: at)
    }

    package func holdTimetable() throws {
        try records.holdTimetable()
    }

    package func insert(_ departure: DepartureRecord) throws -> Bool {
        try records.insert(departure)
    }

    package func update(_ departure: DepartureRecord) throws -> DepartureRecord? {
        try records.update(departure)
    }

    package func setState(_ state: DepartureState, of departure: DepartureID) throws -> DepartureRecord? {
        try records.setState(state, of: departure)
    }

    package func insert(_ entry: TimetableImportEntry) throws {
        try records.insert(entry)
    }
}

extension SuiteTransaction: LedgerRecords {
    package func openAccount(_ account: LedgerAccount, currency: CurrencyCode) throws {
        try records.openAccount(account, currency: currency)
    }

    package func add(_ amount: Int64, to account: LedgerAccount) throws -> AccountBalance? {
        try records.add(amount, to: account)
    }

    package func hold(_ account: LedgerAccount) throws {
        try records.hold(account)
    }

    package func head(of chain: Int) throws -> ChainHead {
        try records.head(of: chain)
    }

    package func append(_ entry: JournalEntry, to chain: Int, after head: ChainHead, hash: Data) throws {
        try records.append(entry, to: chain, after: head, hash: hash)
    }
}

extension SuiteTransaction: OutboxRecords {
    package func claimLetters(dueAt now: Timestamp, until lease: Timestamp, limit: Int) throws -> [Letter] {
        try records.claimLetters(dueAt: now, until: lease, limit: limit)
    }

    package func removeLetter(_ letter: Letter) throws -> Bool {
        try records.removeLetter(letter)
    }

    package func postponeLetter(_ letter: Letter, until due: Timestamp, because failure: String) throws -> Bool {
        try records.postponeLetter(letter, until: due, because: failure)
    }

    package func abandonLetter(_ letter: Letter, because failure: String) throws -> Bool {
        try records.abandonLetter(letter, because: failure)
    }
}

extension SuiteTransaction: SettingRecords {
    package func set(_ name: String, _ value: Data) throws {
        try records.set(name, value)
    }
}

extension SuiteTransaction: WorkRecords {
    package func idempotencyRecord(scope: String, key: IdempotencyKey) throws -> IdempotencyRecord? {
        try records.idempotencyRecord(scope: scope, key: key)
    }

    package func insert(_ record: IdempotencyRecord, scope: String, key: IdempotencyKey, at: Timestamp) throws {
        try records.insert(record, scope: scope, key: key, at: at)
    }

    package func append(_ events: [DomainEvent], at: Timestamp) throws {
        try records.append(events, at: at)
    }

    package func append(_ entries: [AuditEntry]) throws {
        try records.append(entries)
    }

    package func enqueue(_ mail: [EnqueuedMail], at: Timestamp) throws {
        try records.enqueue(mail, at: at)
    }
}

extension SuiteTransaction: FenceRecords {
    package func fence(of job: String) throws -> Int64 {
        try records.fence(of: job)
    }

    package func raiseFence(of job: String, to token: Int64) throws -> Bool {
        try records.raiseFence(of: job, to: token)
    }

    package func passFence(of job: String, token: Int64) throws -> Bool {
        try records.passFence(of: job, token: token)
    }
}
