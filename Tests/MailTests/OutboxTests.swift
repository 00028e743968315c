import CommandBus
import Foundation
import Logging
import ServiceLifecycle
import Storage
import Support
import Synchronization
import Testing

@testable import Mail

@Suite("The outbox")
struct OutboxTests {
    private func worker(
        _ fixture: StoreFixture, _ transport: any MailTransport, _ signal: MailSignal = MailSignal(),
        _ configuration: OutboxConfiguration = OutboxConfiguration()
    ) -> OutboxWorker<SuiteStore> {
        OutboxWorker(
            store: fixture.store, transport: transport, signal: signal, configuration: configuration,
            clock: fixture.clock, random: fixture.random, logger: StoreFixture.silent
        )
    }

    private func send(_ fixture: StoreFixture, _ subjects: String...) async throws {
        try await fixture.work { work in
            for subject in subjects {
                work.send(OutgoingMail(to: EmailAddress(trusted: "rider@example.com"), subject: subject, body: "Hello.\n"))
            }
        }
    }

    @Test("Letters leave in order and are gone from the outbox, text and all")
    func delivery() async throws {
        let fixture = try await StoreFixture("outbox")
        let mail = RecordingTransport()
        try await send(fixture, "one", "two")
        fixture.clock.advance(seconds: 1)
        try await send(fixture, "three")
        try await worker(fixture, mail, MailSignal(), OutboxConfiguration(batch: 2)).deliverDueLetters()
        #expect(mail.subjects == ["one", "two", "three"])
        #expect(try await fixture.kept.count(of: "mail_outbox") == 0)
        #expect(Set(mail.letters.map(\.reference)).count == 3)
        #expect(mail.letters.allSatisfy { $0.reference.utf8.count == 32 && $0.reference.allSatisfy(\.isLetter) })
    }

    @Test("Mail of a unit of work that failed never leaves")
    func rollback() async throws {
        let fixture = try await StoreFixture("outbox")
        let mail = RecordingTransport()
        await #expect(throws: Problem.notFound("bus")) {
            try await fixture.work { work in
                work.send(OutgoingMail(to: EmailAddress(trusted: "rider@example.com"), subject: "x", body: "x"))
                throw Problem.notFound("bus")
            }
        }
        try await worker(fixture, mail).deliverDueLetters()
        #expect(mail.subjects.isEmpty)
    }

    @Test("A letter that doesn't leave is tried again, later and later, under the same reference; others pass it")
    func retry() async throws {
        let fixture = try await StoreFixture("outbox")
        let mail = RecordingTransport()
        mail.fail("one", with: .temporary("the server is busy"))
        try await send(fixture, "one", "two")
        let worker = worker(fixture, mail)
        try await worker.deliverDueLetters()
        #expect(mail.subjects == ["one", "two"])
        try await worker.deliverDueLetters()
        #expect(mail.subjects == ["one", "two"])

        var pauses: [Int] = []
        for _ in 0..<12 {
            let due = try #require(try await fixture.store.read { try $0.nextLetterDue() })
            pauses.append(fixture.clock.now().seconds(until: due))
            fixture.clock.set(due)
            try await worker.deliverDueLetters()
        }
        for (index, pause) in pauses.enumerated() {
            let full = min(3600, 5 << index)
            #expect((full / 2...full).contains(pause), "pause \(index)")
        }
        mail.fail("one", with: nil)
        fixture.clock.advance(seconds: 3600)
        try await worker.deliverDueLetters()
        #expect(mail.subjects.filter { $0 == "one" }.count == 14)
        #expect(Set(mail.letters.filter { $0.mail.subject == "one" }.map(\.reference)).count == 1)
        #expect(try await fixture.store.read { try $0.nextLetterDue() } == nil)
    }

    @Test("A letter that can never leave is given up at once, one that fails too often in the end; without its text")
    func abandoned() async throws {
        let fixture = try await StoreFixture("outbox")
        let mail = RecordingTransport()
        mail.fail("one", with: .permanent("no such mailbox"))
        mail.fail("two", with: .temporary("the server is busy"))
        var configuration = OutboxConfiguration()
        configuration.attempts = 3
        let worker = worker(fixture, mail, MailSignal(), configuration)
        try await send(fixture, "one", "two")
        for _ in 0..<5 {
            try await worker.deliverDueLetters()
            fixture.clock.advance(seconds: 3600)
        }
        #expect(mail.subjects == ["one", "two", "two", "two"])
        let count = try await fixture.store.read { try $0.outboxCount() }
        #expect(count.waiting == 0)
        #expect(count.abandoned == 2)
        let kept = try await fixture.kept.rows(of: "mail_outbox")
        #expect(kept.map { $0.text("body") } == ["", ""])
        #expect(kept.map { $0.text("failure") } == ["no such mailbox", "the server is busy"])
    }

    @Test("What a worker took and did not settle, another takes after the lease, under the same reference")
    func lease() async throws {
        let fixture = try await StoreFixture("outbox")
        try await send(fixture, "one")
        let lost = try await fixture.work { work in
            try work.tx.claimLetters(dueAt: work.context.now, until: work.context.now.adding(seconds: 120), limit: 10)
        }
        let mail = RecordingTransport()
        let worker = worker(fixture, mail)
        fixture.clock.advance(seconds: 119)
        try await worker.deliverDueLetters()
        #expect(mail.letters.isEmpty)
        fixture.clock.advance(seconds: 1)
        try await worker.deliverDueLetters()
        #expect(mail.letters.map(\.reference) == lost.map(\.reference))
        #expect(mail.letters.map(\.attempts) == [1])
    }

    @Test("The service delivers right after the signal, and ends when the server stops")
    func service() async throws {
        let fixture = try await StoreFixture("outbox")
        let (mail, signal) = (RecordingTransport(), MailSignal())
        let publisher = WorkPublisher(feeds: fixture.feeds, sessions: fixture.sessions, mailed: { signal.raise() })
        let runner = WorkRunner(store: fixture.store, publisher: publisher)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: worker(fixture, mail, signal))], logger: StoreFixture.silent
            )
        )
        let running = Task { try await group.run() }
        for number in 1...3 {
            try await runner.run(fixture.context()) { work in
                work.send(OutgoingMail(to: EmailAddress(trusted: "rider@example.com"), subject: "\(number)", body: "x"))
            }
            // A minute would pass without the signal.
            try await withDeadline(10, "letter \(number)") { await mail.received(number) }
        }
        await group.triggerGracefulShutdown()
        try await withDeadline(10, "the end of the worker") { try await running.value }
        #expect(mail.subjects == ["1", "2", "3"])
    }

    @Test("A store that can't be reached doesn't end the service")
    func unreachable() async throws {
        let fixture = try await StoreFixture("outbox")
        let (mail, signal) = (RecordingTransport(), MailSignal())
        let store = FailingStore(base: fixture.store, failures: 3)
        let worker = OutboxWorker(
            store: store, transport: mail, signal: signal, clock: fixture.clock, random: fixture.random,
            logger: StoreFixture.silent
        )
        try await send(fixture, "one")
        let running = Task { try await worker.run() }
        // Each signal cuts a pause short.
        let raising = Task {
            while !Task.isCancelled {
                signal.raise()
                await Task.yield()
            }
        }
        try await withDeadline(10, "the letter") { await mail.received(1) }
        raising.cancel()
        running.cancel()
        try await withDeadline(10, "the end of the worker") { try await running.value }
    }

    @Test("A signal that nobody waits for is remembered, once")
    func signal() async throws {
        let signal = MailSignal()
        signal.raise()
        signal.raise()
        try await withDeadline(10) { await signal.wait(atMost: .seconds(60)) }
        try await withDeadline(10) { await signal.wait(atMost: .milliseconds(1)) }
        signal.close()
        try await withDeadline(10) { await signal.wait(atMost: .seconds(60)) }
    }
}

@Suite("The local mailbox")
struct LocalMailboxTests {
    private let sender = MailSender(name: "Farebus", address: EmailAddress(trusted: "no-reply@buses.example"))

    private func letter(_ reference: String, at milliseconds: Int64, body: String = "Hello.\n") -> Letter {
        Letter(
            reference: reference,
            mail: OutgoingMail(to: EmailAddress(trusted: "rider@example.com"), subject: "Your code", body: body),
            queuedAt: Timestamp(milliseconds: milliseconds, offsetMinutes: 330), attempts: 0
        )
    }

    @Test("Each letter is a file, readable by its owner only, and the names are in the letters' order")
    func files() async throws {
        let parent = try TemporaryFolder("mail")
        let folder = parent.file("var/mail")
        let told = Mutex<[String]>([])
        let mailbox = try LocalMailbox(folder: folder, sender: sender) { letter, file in
            told.withLock { $0.append("\(letter.reference) \(file.lastPathComponent)") }
        }
        try await mailbox.send(letter("bb", at: 1_795_501_800_007))
        try await mailbox.send(letter("aa", at: 1_795_501_800_123))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)).sorted()
        #expect(names == ["20261124T063000007Z-bb.eml", "20261124T063000123Z-aa.eml"])
        #expect(told.withLock { $0 } == ["bb \(names[0])", "aa \(names[1])"])
        let file = folder.appending(path: names[0])
        #expect(
            try Data(contentsOf: file)
                == Data(MailMessage(letter: letter("bb", at: 1_795_501_800_007), sender: sender).bytes))
        let mode = try FileManager.default.attributesOfItem(atPath: file.path(percentEncoded: false))[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test("A second delivery of a letter is the same file")
    func again() async throws {
        let folder = try TemporaryFolder("mail")
        let mailbox = try LocalMailbox(folder: folder.url, sender: sender)
        for _ in 0..<3 { try await mailbox.send(letter("aa", at: 1_795_501_800_000)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }

    @Test("A reference can't lead out of the folder")
    func traversal() async throws {
        let folder = try TemporaryFolder("mail")
        let mailbox = try LocalMailbox(folder: folder.url, sender: sender)
        try await mailbox.send(letter("../../x/y", at: 1_795_501_800_000))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["20261124T063000000Z-....xy.eml"])
    }

    @Test("A folder that is gone is a failure that may pass")
    func gone() async throws {
        let folder = try TemporaryFolder("mail")
        let mailbox = try LocalMailbox(folder: folder.url, sender: sender)
        try FileManager.default.removeItem(at: folder.url)
        do {
            try await mailbox.send(letter("aa", at: 1_795_501_800_000))
            Issue.record("it was sent nowhere")
        } catch {
            #expect(error == .temporary("the file can't be made: No such file or directory"))
        }
    }
}

/// Keeps what it is handed, and fails as it is told.
private final class RecordingTransport: MailTransport {
    private struct State {
        var letters: [Letter] = []
        var failures: [String: MailFailure] = [:]
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var letters: [Letter] { state.withLock { $0.letters } }
    var subjects: [String] { letters.map(\.mail.subject) }

    func fail(_ subject: String, with failure: MailFailure?) {
        state.withLock { $0.failures[subject] = failure }
    }

    /// Waits for a number of letters.
    func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.letters.count < count else { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func send(_ letter: Letter) async throws(MailFailure) {
        let (failure, woken) = state.withLock { state in
            state.letters.append(letter)
            let count = state.letters.count
            let woken = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return (state.failures[letter.mail.subject], woken)
        }
        for waiter in woken { waiter.continuation.resume() }
        if let failure { throw failure }
    }
}

/// The real store, unreachable for its first few transactions.
private final class FailingStore: CommandStore {
    typealias Snapshot = SuiteSnapshot
    typealias Transaction = SuiteTransaction

    private let base: SuiteStore
    private let failures: Mutex<Int>

    init(base: SuiteStore, failures: Int) {
        self.base = base
        self.failures = Mutex(failures)
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (SuiteSnapshot) throws -> Value) async throws -> Value {
        try await base.read(body)
    }

    func transact<Value: Sendable>(_ unit: TransactionUnit<SuiteTransaction, Value>) async throws -> Value {
        let fails = failures.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
        if fails { throw Problem.storeUnavailable }
        return try await base.transact(unit)
    }
}

extension OutboxConfiguration {
    fileprivate init(batch: Int) {
        self.init()
        self.batch = batch
    }
}
