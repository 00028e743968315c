import CommandBus
import Logging
import Mail
import ServiceLifecycle

/// Writes to the emergency address, past the outbox: that is in the store, which may be what is gone.
///
/// A letter that does not leave is tried again until it does, in the order of the notices.
final class EmergencyMail: Service {
    /// Whom to write to, and what stands in each letter.
    struct Sender: Sendable {
        /// Nil for nobody: notices are in the log alone.
        var address: EmailAddress?
        /// The operator's name.
        var service: String
        /// Which server of the operator's writes.
        var instance: String
        /// Whether what was shut opens by itself.
        var recovers: Bool
    }

    private let sender: Sender
    private let transport: any MailTransport
    private let claims: @Sendable (_ key: String) async -> Bool
    private let random: any RandomSource
    private let steady: any SteadyClock
    private let logger: Logger
    private let notices: AsyncStream<EmergencyNotice>
    private let inbox: AsyncStream<EmergencyNotice>.Continuation

    /// - Parameters:
    ///   - transport: carries the letters; not through the store.
    ///   - claims: whether this instance is the one to write, of all that see the same turn of the same cause. A claim
    ///     is best forgotten after some minutes, so that the next outage is another. Where it can't be asked, true.
    ///   - random: makes the references of letters.
    ///   - steady: waits between two attempts.
    init(
        sender: Sender, transport: any MailTransport,
        claims: @escaping @Sendable (_ key: String) async -> Bool = { _ in true },
        random: any RandomSource,
        steady: any SteadyClock = SystemSteadyClock(), logger: Logger
    ) {
        self.sender = sender
        self.transport = transport
        self.claims = claims
        self.random = random
        self.steady = steady
        self.logger = logger
        // There are few causes; more notices than these are a store that comes and goes while the mail does not leave.
        (notices, inbox) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64))
    }

    /// Takes a notice, to be mailed as soon as possible. Returns at once.
    func tell(_ notice: EmergencyNotice) {
        inbox.yield(notice)
    }

    /// Writes until the server stops.
    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            for await notice in notices { await deliver(notice) }
        }
        // The notices end with the task that reads them; a service ends with the server.
        try? await gracefulShutdown()
    }

    /// Hands one letter over, however often that takes.
    func deliver(_ notice: EmergencyNotice) async {
        guard let address = sender.address, await claims(notice.key) else { return }
        let text = EmergencyLetter(
            notice: notice, service: sender.service, instance: sender.instance, recovers: sender.recovers
        )
        let letter = Letter(
            reference: EnqueuedMail.reference(random),
            mail: OutgoingMail(to: address, subject: text.subject, body: text.body),
            queuedAt: notice.at, attempts: 0
        )
        var wait = Duration.seconds(2)
        while !Task.isCancelled {
            do throws(MailFailure) {
                try await transport.send(letter)
                return
            } catch {
                logger.error("an emergency letter did not leave", metadata: ["reason": "\(error.reason)"])
                if case .permanent = error { return }
            }
            guard (try? await steady.sleep(for: wait)) != nil else { return }
            wait = min(wait * 2, .seconds(300))
        }
    }
}
