import CommandBus
import Foundation
import Support
import Synchronization

/// A store that keeps the records of the bus in memory.
final class MemoryStore: CommandStore {
    struct Snapshot {}

    final class Transaction: WorkRecords {
        fileprivate var records: [String: IdempotencyRecord]

        fileprivate init(records: [String: IdempotencyRecord]) {
            self.records = records
        }

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
            let transaction = Transaction(records: records)
            let value = try unit.perform(transaction)
            records = transaction.records
            return value
        }
        unit.committed(&value)
        return value
    }
}

/// Knows a token for each name: `rider` is a session of the account `a_rider`, `rider.2` a later one of the same.
final class TestAccounts: Authenticator {
    private struct State {
        var refused: [String: Problem] = [:]
        var expiry: [String: Timestamp] = [:]
    }

    private let state = Mutex(State())

    func refuse(_ token: String, _ problem: Problem) {
        state.withLock { $0.refused[token] = problem }
    }

    func expire(_ token: String, at time: Timestamp) {
        state.withLock { $0.expiry[token] = time }
    }

    func authenticate(token: String, from address: String, use: TokenUse) async throws -> Principal {
        let (refusal, expiry) = state.withLock { ($0.refused[token], $0.expiry[token]) }
        if let refusal { throw refusal }
        let parts = token.split(separator: ".")
        guard let name = parts.first, ["rider", "developer"].contains(name) else { throw Problem.notSignedIn }
        let epoch = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
        return Principal(
            account: AccountID(trusted: "a_\(name)"), role: name == "rider" ? .rider : .developer,
            session: SessionID(trusted: "s_\(token)"), epoch: epoch,
            expiresAt: expiry ?? SystemWallClock().now().adding(seconds: 3600)
        )
    }
}

struct OpenLimiter: RateLimiter {
    func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int? { nil }
}

struct NoWindows: WindowClock {
    func open(at now: Timestamp) -> Set<ServiceWindow> { [] }
    func nextOpening(of windows: Set<ServiceWindow>, after now: Timestamp) -> Timestamp? { nil }
}

/// Holds whoever comes until it is opened, and tells how many have come.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var arrived = 0
        var held: [CheckedContinuation<Void, Never>] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let (passes, waiters) = state.withLock { state in
                state.arrived += 1
                if !state.isOpen { state.held.append(continuation) }
                let reached = state.waiters.filter { $0.count <= state.arrived }
                state.waiters.removeAll { $0.count <= state.arrived }
                return (state.isOpen, reached)
            }
            for waiter in waiters { waiter.continuation.resume() }
            if passes { continuation.resume() }
        }
    }

    /// Waits until `count` have come.
    func arrivals(_ count: Int) async throws {
        try await withDeadline(10, "\(count) to arrive") {
            await withCheckedContinuation { continuation in
                let isThere = self.state.withLock { state in
                    guard state.arrived < count else { return true }
                    state.waiters.append((count, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }

    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }
}

/// Waits until `condition` holds, for what nobody is told of.
func eventually(_ what: String, _ condition: @escaping @Sendable () -> Bool) async throws {
    try await withDeadline(10, what) {
        while !condition() { try await Task.sleep(for: .milliseconds(2)) }
    }
}
