import CommandBus
import Foundation
import Logging
import Synchronization

/// Runs reads on the thread that calls it, each on one consistent snapshot.
///
/// Replica sets and sharded clusters of 5.0 and newer hold a snapshot for a session, at no cost to writers. Else a
/// transaction is one, and is aborted at its end.
///
/// - SeeAlso: https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/
final class MongoReader: Sendable {
    private let pool: MongoPool
    private let options: MongoOptions
    private let random: any RandomSource
    private let logger: Logger
    private let hasSnapshots = Mutex<Bool?>(nil)

    init(pool: MongoPool, options: MongoOptions, random: any RandomSource, logger: Logger) {
        self.pool = pool
        self.options = options
        self.random = random
        self.logger = logger
    }

    /// - Parameters:
    ///   - preference: where to read.
    ///   - end: when no other try may begin.
    /// - Throws: what `body` throws; ``Problem/storeUnavailable`` where the server is not to be had.
    func read<Value>(
        from preference: MongoOptions.ReadPreference, until end: ContinuousClock.Instant,
        _ body: (MongoSnapshot) throws -> Value
    ) throws -> Value {
        var schedule = RetrySchedule(options, random: random, end: end)
        while true {
            do {
                return try pool.withClient { try attempt($0, preference, body) }
            } catch let error as MongoError {
                let fault = error.fault
                guard fault != .duplicateKey, case .again(let pause, _) = schedule.after(fault, now: .now) else {
                    logger.warning(
                        "a read was given up",
                        metadata: ["cause": "\(fault)", "error": "\(MongoLibrary.withoutSecrets(error.description))"]
                    )
                    throw fault.givenUp(error)
                }
                Thread.sleep(forTimeInterval: pause / .seconds(1))
            }
        }
    }

    private func attempt<Value>(
        _ client: MongoClient, _ preference: MongoOptions.ReadPreference, _ body: (MongoSnapshot) throws -> Value
    ) throws -> Value {
        if try canHoldSnapshots(client) {
            return try client.withSnapshot(readPreference: preference) { session in
                try Self.checked(session) { try body(MongoSnapshot(session: session)) }
            }
        }
        let transaction = try client.begin()
        defer { transaction.abort() }
        return try Self.checked(transaction.session) { try body(MongoSnapshot(session: transaction.session)) }
    }

    /// A call that failed has failed the read, whatever `body` has made of the error.
    private static func checked<Value>(_ session: MongoSession, _ body: () throws -> Value) throws -> Value {
        let result = Result { try body() }
        if let failure = session.failure { throw failure }
        return try result.get()
    }

    /// Asked once: a deployment does not change what it is while it is in use.
    private func canHoldSnapshots(_ client: MongoClient) throws -> Bool {
        if let known = hasSnapshots.withLock({ $0 }) { return known }
        let hello = try client.hello()
        let isOfMany = hello["setName"] != nil || hello["msg"] == "isdbgrid"
        let answer = try isOfMany && hello.int("maxWireVersion") >= Self.wireVersionOfSnapshots
        hasSnapshots.withLock { $0 = answer }
        return answer
    }

    /// That of 5.0.
    private static let wireVersionOfSnapshots = 13
}
