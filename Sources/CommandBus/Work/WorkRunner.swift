import Foundation

/// Runs units of work: the idempotency record, the handler, its events and its mail in one transaction; what feeds show
/// only after the commit. The caller is answered when everybody who had to be told has been.
package struct WorkRunner<Store: CommandStore>: Sendable {
    let store: Store
    let publisher: WorkPublisher

    package init(store: Store, publisher: WorkPublisher) {
        self.store = store
        self.publisher = publisher
    }

    private struct Outcome: Sendable {
        var reply: CommandReply
        var effects = WorkEffects()
    }

    /// Runs the work of a command.
    func run<Output: Encodable & Sendable>(
        status: Int, context: CommandContext, fingerprint: @escaping @Sendable () throws -> IdempotencyFingerprint,
        perform: @escaping @Sendable (Work<Store.Transaction>) throws -> Output
    ) async throws -> CommandReply {
        guard let key = context.idempotencyKey, let scope = context.principal?.account.raw else {
            if let gate = context.gate { throw gate }
            return try await transact(
                TransactionUnit(
                    perform: { tx in try self.perform(status: status, context: context, tx: tx, perform) },
                    committed: publish
                )
            )
        }
        let print = try fingerprint()
        return try await transact(
            TransactionUnit(
                perform: { tx in
                    if let record = try tx.idempotencyRecord(scope: scope, key: key) {
                        guard record.fingerprint == print else { throw Problem.keyReused }
                        return Outcome(reply: .replay(of: record))
                    }
                    if let gate = context.gate { throw gate }
                    let outcome = try self.perform(status: status, context: context, tx: tx, perform)
                    try tx.insert(
                        IdempotencyRecord(fingerprint: print, status: outcome.reply.status, body: outcome.reply.body),
                        scope: scope, key: key, at: context.now
                    )
                    return outcome
                },
                refused: { problem, tx in
                    // The first answer under a key is the answer for good, and a refusal is an answer. What is not the
                    // handler's own decision (a fault, a key used twice, a window that opens again, a session that has
                    // ended meanwhile) is none.
                    guard problem.code != .keyReused, problem.code.retry == .never, problem.code.status != 401,
                        problem.code.status < 429
                    else {
                        throw problem
                    }
                    let reply = CommandReply.failure(problem, trace: context.trace)
                    try tx.insert(
                        IdempotencyRecord(fingerprint: print, status: reply.status, body: reply.body),
                        scope: scope, key: key, at: context.now
                    )
                    return Outcome(reply: reply)
                },
                committed: publish
            )
        )
    }

    /// Runs work that no command asked for: a job, an import.
    ///
    /// - Parameters:
    ///   - context: the context under which it is logged; see ``CommandContext/system(_:now:random:)``.
    ///   - perform: the work.
    package func run<Value: Sendable>(
        _ context: CommandContext, _ perform: @escaping @Sendable (Work<Store.Transaction>) throws -> Value
    ) async throws -> Value {
        let outcome = try await commit(
            TransactionUnit<Store.Transaction, (value: Value, effects: WorkEffects)>(
                perform: { tx in
                    let work = Work(tx: tx, context: context)
                    let value = try perform(work)
                    try keep(work)
                    return (value, work.effects)
                },
                committed: { outcome in _ = publisher.committed(outcome.effects) }
            )
        )
        _ = await publisher.settle(outcome.effects)
        return outcome.value
    }

    private func commit<Value: Sendable>(_ unit: TransactionUnit<Store.Transaction, Value>) async throws -> Value {
        do {
            return try await store.transact(unit)
        } catch let problem as Problem where problem.code == .storeUnavailable {
            await publisher.doubt()
            throw problem
        }
    }

    private func transact(_ unit: TransactionUnit<Store.Transaction, Outcome>) async throws -> CommandReply {
        var outcome = try await commit(unit)
        // The answer of an earlier call has no effects, and so tells nothing.
        if let position = await publisher.settle(outcome.effects) { outcome.reply.position = position }
        return outcome.reply
    }

    private func perform<Output: Encodable>(
        status: Int, context: CommandContext, tx: Store.Transaction, _ perform: (Work<Store.Transaction>) throws -> Output
    ) throws -> Outcome {
        let work = Work(tx: tx, context: context)
        let reply = try CommandReply.success(status: status, output: perform(work))
        work.effects.complete(with: reply.body)
        try keep(work)
        return Outcome(reply: reply, effects: work.effects)
    }

    private func keep(_ work: Work<Store.Transaction>) throws {
        if !work.effects.events.isEmpty { try work.tx.append(work.effects.events, at: work.context.now) }
        if !work.effects.audit.isEmpty { try work.tx.append(work.effects.audit) }
        if !work.effects.mail.isEmpty { try work.tx.enqueue(work.effects.mail, at: work.context.now) }
    }

    private func publish(_ outcome: inout Outcome) {
        outcome.reply.position = publisher.committed(outcome.effects)
    }
}
