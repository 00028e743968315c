package import CommandBus
package import Logging
import ServiceLifecycle

/// Carries letters from the outbox to the mail, each at least once: in order, again and again where it fails, and right
/// after the commit that wrote them.
///
/// A letter is removed after it was handed over. Should the server die in between, it is handed over again, under the
/// same reference.
package struct OutboxWorker<Store: CommandStore>: Service
where Store.Snapshot: OutboxReads, Store.Transaction: OutboxRecords {
    private let store: Store
    private let transport: any MailTransport
    private let signal: MailSignal
    private let configuration: OutboxConfiguration
    private let clock: any WallClock
    private let random: any RandomSource
    private let logger: Logger

    /// - Parameters:
    ///   - store: keeps the outbox.
    ///   - transport: carries the letters away.
    ///   - signal: is raised when there is mail.
    ///   - configuration: every number.
    ///   - clock: the time by which letters are due.
    ///   - random: spreads repeated attempts.
    ///   - logger: failures go here, by the letter's reference; never its address or text.
    package init(
        store: Store, transport: any MailTransport, signal: MailSignal,
        configuration: OutboxConfiguration = OutboxConfiguration(), clock: any WallClock, random: any RandomSource,
        logger: Logger
    ) {
        self.store = store
        self.transport = transport
        self.signal = signal
        self.configuration = configuration
        self.clock = clock
        self.random = random
        self.logger = logger
    }

    /// Works until the server stops. A letter that is being handed over is brought to its end.
    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await work()
        } onCancelOrGracefulShutdown: {
            signal.close()
        }
    }

    private func work() async {
        var failures = 0
        while !signal.isClosed {
            do {
                try await deliverDueLetters()
                await signal.wait(atMost: .seconds(try await secondsUntilDue()))
                failures = 0
            } catch {
                failures += 1
                let seconds = min(configuration.longestIdle, configuration.pause(after: failures, random: random))
                logger.warning("the outbox can't be read", metadata: ["error": "\(error)", "again_in_s": "\(seconds)"])
                await signal.wait(atMost: .seconds(seconds))
            }
        }
    }

    /// Delivers whatever is due, and returns when nothing is.
    ///
    /// - Throws: what the store throws.
    func deliverDueLetters() async throws {
        while !signal.isClosed {
            let now = clock.now()
            let (lease, limit) = (now.adding(seconds: configuration.lease), configuration.batch)
            let letters = try await store.transact(
                TransactionUnit { tx in try tx.claimLetters(dueAt: now, until: lease, limit: limit) }
            )
            guard !letters.isEmpty else { return }
            var outcomes: [Outcome] = []
            for letter in letters {
                // What is left of the batch when the server stops, or when the lease is over, is due again at once.
                guard !signal.isClosed, clock.now() < lease else {
                    outcomes.append(.postponed(letter, until: now, "its turn did not come"))
                    continue
                }
                outcomes.append(await deliver(letter))
            }
            let settled = outcomes
            let lost = try await store.transact(
                TransactionUnit { tx in try settled.filter { try !$0.settle(in: tx) }.map(\.letter.reference) }
            )
            for reference in lost {
                logger.warning(
                    "a letter took longer than its lease: another worker has it", metadata: ["letter": "\(reference)"])
            }
        }
    }

    private func deliver(_ letter: Letter) async -> Outcome {
        do throws(MailFailure) {
            try await transport.send(letter)
            return .delivered(letter)
        } catch {
            let attempts = letter.attempts + 1
            let isLast = attempts >= configuration.attempts
            if case .temporary = error, !isLast {
                let seconds = configuration.pause(after: attempts, random: random)
                logger.warning(
                    "a letter did not leave",
                    metadata: [
                        "letter": "\(letter.reference)", "attempt": "\(attempts)", "reason": "\(error.reason)",
                        "again_in_s": "\(seconds)",
                    ]
                )
                return .postponed(letter, until: clock.now().adding(seconds: seconds), error.reason)
            }
            logger.error(
                "a letter was given up",
                metadata: ["letter": "\(letter.reference)", "attempt": "\(attempts)", "reason": "\(error.reason)"]
            )
            return .abandoned(letter, error.reason)
        }
    }

    private func secondsUntilDue() async throws -> Int {
        guard let due = try await store.read({ try $0.nextLetterDue() }) else { return configuration.longestIdle }
        return max(0, min(configuration.longestIdle, clock.now().seconds(until: due)))
    }
}

/// What became of a letter.
private enum Outcome: Sendable {
    case delivered(Letter)
    case postponed(Letter, until: Timestamp, String)
    case abandoned(Letter, String)

    var letter: Letter {
        switch self {
        case .delivered(let letter), .postponed(let letter, _, _), .abandoned(let letter, _): letter
        }
    }

    /// - Returns: false if the letter is in other hands by now.
    func settle(in tx: some OutboxRecords) throws -> Bool {
        switch self {
        case .delivered(let letter): try tx.removeLetter(letter)
        case .postponed(let letter, let due, let reason): try tx.postponeLetter(letter, until: due, because: reason)
        case .abandoned(let letter, let reason): try tx.abandonLetter(letter, because: reason)
        }
    }
}
