import CommandBus
import Foundation
import Logging

/// Runs a unit of work on the thread that calls it: transaction after transaction, until one was committed or refused for
/// good.
struct MongoUnitRunner: Sendable {
    /// What a unit came to.
    enum Outcome<Value> {
        /// The majority has it. `place` is to be settled with what follows; nil if it was given up.
        case committed(Value, place: UInt64?)
        case failed(any Error)
    }

    /// What one try came to.
    private enum Attempt<Value> {
        case committed(Value, place: UInt64?)
        /// Undone; the error is the caller's.
        case undone(any Error)
        case failed(MongoFault, MongoError)
    }

    let pool: MongoPool
    let options: MongoOptions
    let random: any RandomSource
    let gate: ContentionGate
    let order: CommitOrder
    let meters: MongoMeters
    let logger: Logger

    /// - Parameter end: when no other try may begin.
    func run<Value>(_ unit: TransactionUnit<MongoTransaction, Value>, until end: ContinuousClock.Instant) -> Outcome<Value> {
        meters.unit()
        var schedule = RetrySchedule(options, random: random, end: end)
        var alone = false
        while true {
            meters.attempt()
            let passed = gate.pass(alone: alone, until: Date(remainingUntil: end)) { attempt(unit, until: end) }
            guard let passed else { return .failed(Problem.storeBusy) }
            switch passed {
            case .committed(let value, let place):
                meters.commit()
                return .committed(value, place: place)
            case .undone(let error): return .failed(error)
            case .failed(let fault, let error):
                meters.failure(fault)
                guard case .again(let pause, let next) = schedule.after(fault, now: .now) else {
                    return .failed(given(up: fault, error, attempts: schedule.attempts))
                }
                logger.debug(
                    "a unit of work is tried again", metadata: ["cause": "\(fault)", "attempt": "\(schedule.attempts)"]
                )
                alone = next
                Thread.sleep(forTimeInterval: pause / .seconds(1))
            }
        }
    }

    /// What the caller is told where no other try follows. The log has the text.
    private func given(up fault: MongoFault, _ error: MongoError, attempts: Int) -> any Error {
        logger.warning(
            "a unit of work was given up",
            metadata: [
                "cause": "\(fault)", "attempts": "\(attempts)",
                "error": "\(MongoLibrary.withoutSecrets(error.description))",
            ]
        )
        return fault.givenUp(error)
    }
}

// MARK: - One try

extension MongoUnitRunner {
    private func attempt<Value>(
        _ unit: TransactionUnit<MongoTransaction, Value>, until end: ContinuousClock.Instant
    ) -> Attempt<Value> {
        do {
            return try pool.withClient { client in
                let first = try client.begin()
                do {
                    let value = try unit.perform(MongoTransaction(session: first.session))
                    return commit(first, value, until: end)
                } catch {
                    first.abort()
                    // What the server said first counts, whatever the unit has made of it.
                    if let lost = first.session.failure { return .failed(lost.fault, lost) }
                    guard let problem = error as? Problem else { throw error }
                    return try refuse(unit, problem, client, until: end)
                }
            }
        } catch let error as MongoError {
            return .failed(error.fault, error)
        } catch {
            return .undone(error)
        }
    }

    /// Keeps the refusal, in a transaction of its own. Where that fails the whole unit is tried again: if another delivery
    /// was faster, it finds that one's record.
    private func refuse<Value>(
        _ unit: TransactionUnit<MongoTransaction, Value>, _ problem: Problem, _ client: MongoClient,
        until end: ContinuousClock.Instant
    ) throws -> Attempt<Value> {
        let second = try client.begin()
        do {
            let value = try unit.refused(problem, MongoTransaction(session: second.session))
            return commit(second, value, until: end)
        } catch {
            second.abort()
            if let lost = second.session.failure { return .failed(lost.fault, lost) }
            throw error
        }
    }

    /// Commits, and asks again while the outcome is unknown.
    private func commit<Value>(
        _ transaction: MongoOpenTransaction, _ value: Value, until end: ContinuousClock.Instant
    ) -> Attempt<Value> {
        // A call that failed has lost the transaction, even where the unit went on as if nothing had been.
        if let lost = transaction.session.failure {
            transaction.abort()
            return .failed(lost.fault, lost)
        }
        var place: UInt64? = order.take()
        var unknown: MongoError?
        for attempt in 1... {
            do {
                try transaction.commit()
                return .committed(value, place: place)
            } catch {
                let error = error as? MongoError ?? .unreadableReply
                let fault = error.commitFault(wasUnknown: unknown != nil)
                // Whoever waits for its turn is not to wait for what may take long now: in the order of commits are those
                // whose answer came.
                if let held = place { order.settle(held) }
                place = nil
                guard fault == .unknownCommit else {
                    transaction.endOnServer()
                    return .failed(fault, error)
                }
                unknown = error
                guard attempt < options.commitAttempts, ContinuousClock.now < end else { break }
                let pause = random.number(below: UInt64(options.longestPause * 1000) + 1)
                Thread.sleep(forTimeInterval: Double(pause) / 1_000_000)
            }
        }
        return .failed(.unknownCommit, unknown ?? .unreadableReply)
    }
}

extension MongoError {
    /// The server has answered something that is no BSON: what it has done is not known.
    fileprivate static let unreadableReply = MongoError(domain: .driver(0), code: 0, message: "the reply is no BSON")
}

extension Date {
    /// The instant of another clock, on this one.
    fileprivate init(remainingUntil end: ContinuousClock.Instant) {
        self.init(timeIntervalSinceNow: (end - .now) / .seconds(1))
    }
}
