import CommandBus
import Synchronization

/// A clock that stands still until it is moved.
final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_790_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func advance(seconds: Int) {
        time.withLock { $0 = $0.adding(seconds: seconds) }
    }
}

/// A store that keeps the records of the bus in memory.
final class MemoryStore: CommandStore {
    struct Snapshot {}

    final class Transaction: WorkRecords {
        fileprivate var records: [String: IdempotencyRecord] = [:]

        func idempotencyRecord(scope: String, key: IdempotencyKey) -> IdempotencyRecord? {
            records["\(scope)/\(key.raw)"]
        }

        func insert(_ record: IdempotencyRecord, scope: String, key: IdempotencyKey, at: Timestamp) {
            records["\(scope)/\(key.raw)"] = record
        }

        func append(_ events: [DomainEvent], at: Timestamp) {}
        func append(_ entries: [AuditEntry]) {}
        func enqueue(_ mail: [EnqueuedMail], at: Timestamp) {}
    }

    private let records = Mutex<[String: IdempotencyRecord]>([:])

    func read<Value: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Value) async throws -> Value {
        try body(Snapshot())
    }

    func transact<Value: Sendable>(_ unit: TransactionUnit<Transaction, Value>) async throws -> Value {
        var value = try records.withLock { records in
            let transaction = Transaction()
            transaction.records = records
            do {
                let value = try unit.perform(transaction)
                records = transaction.records
                return value
            } catch let problem as Problem {
                transaction.records = records
                let value = try unit.refused(problem, transaction)
                records = transaction.records
                return value
            }
        }
        unit.committed(&value)
        return value
    }
}

/// Knows the tokens `rider`, `rider2` and `developer`.
final class TestAccounts: Authenticator {
    private struct State {
        var live: [String: Principal]
        var replaced: Set<String> = []
    }

    private let state: Mutex<State>

    init(expiresAt: Timestamp) {
        let roles: [(String, Role)] = [("rider", .rider), ("rider2", .rider), ("developer", .developer)]
        let live = roles.map { token, role in
            (
                token,
                Principal(
                    account: .init(trusted: "a_\(token)"), role: role, session: .init(trusted: "s_\(token)"), epoch: 1,
                    expiresAt: expiresAt
                )
            )
        }
        state = Mutex(State(live: Dictionary(uniqueKeysWithValues: live)))
    }

    func authenticate(token: String, from address: String, use: TokenUse) async throws -> Principal {
        try state.withLock { state in
            if state.replaced.contains(token) { throw Problem.sessionReplaced }
            guard let principal = state.live[token] else { throw Problem.notSignedIn }
            return principal
        }
    }

    func expire(_ token: String, at expiresAt: Timestamp) {
        state.withLock { state in
            guard let old = state.live[token] else { return }
            state.live[token] = Principal(
                account: old.account, role: old.role, session: old.session, epoch: old.epoch, expiresAt: expiresAt
            )
        }
    }

    func replace(_ token: String) -> Principal? {
        state.withLock { state in
            state.replaced.insert(token)
            return state.live.removeValue(forKey: token)
        }
    }
}

/// Admits everything until it is told not to.
final class TestLimiter: RateLimiter {
    private let refusal = Mutex<Int?>(nil)

    func refuse(for seconds: Int?) {
        refusal.withLock { $0 = seconds }
    }

    func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int? {
        refusal.withLock { $0 }
    }
}

/// Ticketing opens in ninety seconds.
struct TestWindows: WindowClock {
    func open(at now: Timestamp) -> Set<ServiceWindow> { [.waiting] }
    func nextOpening(of windows: Set<ServiceWindow>, after now: Timestamp) -> Timestamp? { now.adding(seconds: 90) }
}

/// What every refusal says.
struct ProblemBody: Decodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let code: String
    let retry: String
    let errors: [Violation]?
    let trace: String
}
