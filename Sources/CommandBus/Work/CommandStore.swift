/// Where everything is kept: snapshots for reading, transactions for units of work.
///
/// Closures are synchronous and run on a thread of the engine's own, so that the code of the domain is the same for
/// every engine and never blocks an event loop or the cooperative pool.
package protocol CommandStore: Sendable {
    /// A consistent view for reading.
    associatedtype Snapshot
    /// A transaction; it can also read.
    associatedtype Transaction: WorkRecords

    /// Runs `body` on a snapshot.
    ///
    /// - Throws: what `body` throws, or ``Problem/storeUnavailable``.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Value) async throws -> Value

    /// Runs a unit of work; returns only when it is durable.
    ///
    /// - Throws: what the unit throws, after everything it did was undone; ``Problem/storeUnavailable`` where the commit
    ///   failed or its outcome is unknown.
    func transact<Value: Sendable>(_ unit: TransactionUnit<Transaction, Value>) async throws -> Value
}

/// One unit of work as a store runs it.
package struct TransactionUnit<Transaction, Value: Sendable>: Sendable {
    /// The work. It may run more than once if the engine has to try again; only the last run counts.
    package let perform: @Sendable (Transaction) throws -> Value
    /// Runs in place of the work after it was refused and undone, to keep the refusal; it may throw the problem on.
    package let refused: @Sendable (Problem, Transaction) throws -> Value
    /// Runs once, after the commit and in the order of commits, before the caller goes on.
    package let committed: @Sendable (inout Value) -> Void

    package init(
        perform: @escaping @Sendable (Transaction) throws -> Value,
        refused: @escaping @Sendable (Problem, Transaction) throws -> Value = { problem, _ in throw problem },
        committed: @escaping @Sendable (inout Value) -> Void = { _ in }
    ) {
        self.perform = perform
        self.refused = refused
        self.committed = committed
    }
}

/// What the bus itself keeps in each transaction.
package protocol WorkRecords {
    /// The answer that was given under a key before, if any.
    func idempotencyRecord(scope: String, key: IdempotencyKey) throws -> IdempotencyRecord?
    func insert(_ record: IdempotencyRecord, scope: String, key: IdempotencyKey, at: Timestamp) throws
    /// Appends to the event log.
    func append(_ events: [DomainEvent], at: Timestamp) throws
    /// Appends to the audit log.
    func append(_ entries: [AuditEntry]) throws
    /// Puts mail into the outbox; it leaves after the commit.
    func enqueue(_ mail: [EnqueuedMail], at: Timestamp) throws
}
