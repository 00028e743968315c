/// Runs units of work that no command asked for.
package protocol UnitRunner<Transaction>: Sendable {
    associatedtype Transaction

    /// Runs one unit in one transaction.
    ///
    /// - Throws: what the unit or the store throws; nothing of the unit is kept then.
    func run<Value: Sendable>(
        _ context: CommandContext, _ perform: @escaping @Sendable (Work<Transaction>) throws -> Value
    ) async throws -> Value
}

extension WorkRunner: UnitRunner {
    package typealias Transaction = Store.Transaction
}

/// Runs the units of work of a job, each of which first passes the fence of the lease.
package struct LeasedRunner<Store: CommandStore>: UnitRunner where Store.Transaction: FenceRecords {
    private let runner: WorkRunner<Store>
    package let lease: Lease

    init(runner: WorkRunner<Store>, lease: Lease) {
        self.runner = runner
        self.lease = lease
    }

    /// - Throws: ``FencedOut`` if another instance has taken over; what the unit or the store throws.
    package func run<Value: Sendable>(
        _ context: CommandContext, _ perform: @escaping @Sendable (Work<Store.Transaction>) throws -> Value
    ) async throws -> Value {
        let lease = lease
        return try await runner.run(context) { work in
            guard try work.tx.passFence(of: lease.job, token: lease.token) else { throw FencedOut(job: lease.job) }
            return try perform(work)
        }
    }
}
