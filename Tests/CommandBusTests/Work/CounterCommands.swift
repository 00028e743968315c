import CommandBus
import Foundation
import Synchronization

/// Adds to a number in the store, and tells everybody that there is: the event log, the feed, the mail.
enum AddToCounter: Command {
    struct Input: Codable, Sendable {
        let by: Bounded<1, 100>
        let note: Text<1, 80>?
        let then: Ending?
    }
    enum Ending: String, WireEnum {
        case refusal
        case fault
        case busy
    }
    struct Output: Codable, Sendable, Equatable {
        let total: Int
        let nonce: String
    }

    static let name = "counter.add"
    static let route = RESTRoute.post("/v1/counter")
    static let access = Access.signedIn
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.optional
    static let status = 201
    static let summary = "Adds to the counter."
    static let example = Input(by: Bounded(trusted: 1), note: nil, then: nil)
}

/// The same input under another name.
enum AddToOtherCounter: Command {
    typealias Input = AddToCounter.Input
    typealias Output = AddToCounter.Output

    static let name = "counter.other"
    static let route = RESTRoute.post("/v1/other-counter")
    static let access = Access.signedIn
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.optional
    static let status = 201
    static let summary = "Adds to another counter."
    static let example = AddToCounter.example
}

struct CounterFault: Error {}

extension CommandRegistry where Store.Transaction: SettingRecords {
    /// - Parameter committed: what runs after the commit.
    mutating func registerCounter(committed: @escaping @Sendable () -> Void = {}) {
        write(AddToCounter.self) { input, work in
            try Self.add("counter", input, work, committed)
        }
        write(AddToOtherCounter.self) { input, work in
            try Self.add("other", input, work, committed)
        }
    }

    private static func add(
        _ counter: String, _ input: AddToCounter.Input, _ work: Work<Store.Transaction>,
        _ committed: @escaping @Sendable () -> Void
    ) throws -> AddToCounter.Output {
        let before = try work.tx.setting(counter).map { try WireJSON.decode([Int].self, from: $0) }?.first ?? 0
        let output = AddToCounter.Output(total: before + input.by.raw, nonce: work.context.makeID(BookingKind.self).raw)
        try work.tx.set(counter, WireJSON.encode([output.total]))
        try work.record("counter.added", subject: counter, output)
        work.send(OutgoingMail(to: EmailAddress(trusted: "rider@example.com"), subject: "Added", body: "\(output.total)"))
        work.publish(try FeedChange(topic: counter, subject: counter, attributes: [:], data: output))
        work.endSessions(of: AccountID(trusted: "a_ended"), except: nil, reason: .closed)
        work.afterCommit(committed)
        switch input.then {
        case .refusal: throw Problem(Problem.Code("counter_full", status: 409, title: "The counter is full"), "No more.")
        case .busy: throw Problem(.tooManyRequests, "Come back later.", retryAfter: 5)
        case .fault: throw CounterFault()
        case nil: return output
        }
    }
}

/// Counts.
final class Tally: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}
