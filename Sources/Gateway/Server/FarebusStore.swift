import Auth
import Booking
import CommandBus
import Mail
import Storage
import Wallet

/// What can be read, by all features together.
typealias FarebusSnapshot =
    SettingReads & TimetableReads & BookingReads & LedgerReads & AccountReads & AuditReads & EventReads
/// What can be written, by all features together.
typealias FarebusTransaction =
    WorkRecords & SettingRecords & FenceRecords & TimetableRecords & BookingRecords & LedgerRecords & AccountRecords
    & OutboxRecords & SendableMetatype

/// A store that can keep everything that the features ask for.
protocol FarebusStore: CommandStore where Snapshot: FarebusSnapshot & OutboxReads, Transaction: FarebusTransaction {
    /// Runs `body` on a snapshot for a check or a report, which may be a little behind.
    func readReport<Value: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Value) async throws -> Value

    /// Whether another version of the server has changed the schema since this one began to use it.
    func hasForeignSchema() async throws -> Bool

    /// Releases everything; what is under way is finished first. Blocks until then.
    func close() throws
}

extension SQLiteStore: FarebusStore {
    func readReport<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteSnapshot) throws -> Value
    ) async throws -> Value {
        try await read(body)
    }
}

extension MongoStore: FarebusStore {
    func hasForeignSchema() async throws -> Bool {
        do {
            try await MongoSchema.check(self)
            return false
        } catch is MongoSchemaError {
            return true
        }
    }
}
