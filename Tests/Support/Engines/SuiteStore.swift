package import Auth
package import Booking
package import CommandBus
package import Mail
package import Storage
package import Wallet

/// What can be read of a store, whatever its engine is.
package typealias AnyReads =
    AccountReads & BookingReads & TimetableReads & LedgerReads & OutboxReads & SettingReads & AuditReads & EventReads
/// What can be written to a store, whatever its engine is.
package typealias AnyRecords =
    AccountRecords & BookingRecords & TimetableRecords & LedgerRecords & OutboxRecords & SettingRecords & WorkRecords
    & FenceRecords & AuditReads & EventReads

/// What a snapshot and a transaction have in common: an engine's own to read from.
package protocol SuiteReads {
    var base: any AnyReads { get }
}

package struct SuiteSnapshot: SuiteReads {
    package let base: any AnyReads
}

package struct SuiteTransaction: SuiteReads {
    package let records: any AnyRecords

    package var base: any AnyReads { records }
}

/// A store of either engine under one type, so that one suite runs on both.
package struct SuiteStore: CommandStore {
    package typealias Snapshot = SuiteSnapshot
    package typealias Transaction = SuiteTransaction

    package enum Engine: Sendable {
        case sqlite(SQLiteStore)
        case mongoDB(MongoStore)
    }

    package let engine: Engine

    package init(_ engine: Engine) {
        self.engine = engine
    }

    /// For what is about the embedded store itself; nil where it is another.
    package var sqlite: SQLiteStore? {
        if case .sqlite(let store) = engine { return store }
        return nil
    }

    /// How many can read at once.
    package var readers: Int {
        switch engine {
        case .sqlite: 2
        case .mongoDB: StorePlace.threads
        }
    }

    package func read<Value: Sendable>(_ body: @escaping @Sendable (SuiteSnapshot) throws -> Value) async throws -> Value {
        switch engine {
        case .sqlite(let store): try await store.read { try body(SuiteSnapshot(base: $0)) }
        case .mongoDB(let store): try await store.read { try body(SuiteSnapshot(base: $0)) }
        }
    }

    /// Reads for a report, which may be a little behind.
    package func readReport<Value: Sendable>(
        _ body: @escaping @Sendable (SuiteSnapshot) throws -> Value
    ) async throws -> Value {
        switch engine {
        case .sqlite: try await read(body)
        case .mongoDB(let store): try await store.readReport { try body(SuiteSnapshot(base: $0)) }
        }
    }

    package func transact<Value: Sendable>(_ unit: TransactionUnit<SuiteTransaction, Value>) async throws -> Value {
        switch engine {
        case .sqlite(let store): try await store.transact(Self.adapted(unit))
        case .mongoDB(let store): try await store.transact(Self.adapted(unit))
        }
    }

    /// Blocks until what was begun is finished.
    package func close() throws {
        switch engine {
        case .sqlite(let store): try store.close()
        case .mongoDB(let store): try store.close()
        }
    }

    private static func adapted<Transaction: AnyRecords & SendableMetatype, Value: Sendable>(
        _ unit: TransactionUnit<SuiteTransaction, Value>
    ) -> TransactionUnit<Transaction, Value> {
        TransactionUnit(
            perform: { try unit.perform(SuiteTransaction(records: $0)) },
            refused: { try unit.refused($0, SuiteTransaction(records: $1)) }, committed: unit.committed
        )
    }
}
