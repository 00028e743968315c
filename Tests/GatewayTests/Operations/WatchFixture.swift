import CommandBus
import Dispatch
import Foundation
import Mail
import Storage
import Support
import Synchronization

@testable import Gateway

/// A real store, a switch, and emergency letters that really become files; only time is set by hand.
final class WatchFixture: Sendable {
    let fixture: StoreFixture
    let maintenance: MaintenanceSwitch
    let emergency: EmergencyMail
    let letters = Letters()
    let steady = WatchClock()
    let recovers: Bool
    private let mail: Task<Void, any Error>

    init(_ name: String, recovers: Bool = true) async throws {
        fixture = try await StoreFixture(name)
        maintenance = MaintenanceSwitch(recovers: recovers)
        self.recovers = recovers
        let letters = letters
        let mailbox = try LocalMailbox(
            folder: fixture.folder.file("mail"),
            sender: MailSender(name: "Farebus", address: EmailAddress(trusted: "no-reply@example.com")),
            delivered: { letter, _ in letters.add(letter) }
        )
        emergency = EmergencyMail(
            sender: .init(
                address: EmailAddress(trusted: "emergency@example.com"), service: "Farebus", instance: "test",
                recovers: recovers
            ),
            transport: mailbox, random: fixture.random, steady: steady, logger: StoreFixture.silent
        )
        mail = Task { [emergency] in try await emergency.run() }
    }

    deinit {
        mail.cancel()
    }

    /// Holds up everybody who reads, as a disk that hangs would.
    func holdReaders() async throws -> Hold {
        let store = fixture.store
        let hold = Hold(store.readers)
        for _ in 0..<store.readers {
            Task { try await store.read { _ in hold.wait() } }
            // One after the other: reads that come together share a thread.
            try await hold.reached()
        }
        steady.isHasty.withLock { $0 = true }
        return hold
    }

    /// Holds up everybody who writes a setting: SQLite has one writer; in MongoDB it is a transaction that never ends, of
    /// another instance, as this one would wait for its own.
    func holdWrites(of setting: String) async throws -> Hold {
        let hold = Hold(1)
        let store = TestEngine.isSQLite ? fixture.store : try await fixture.reopened()
        Task {
            try await store.transact(
                TransactionUnit { tx in
                    try tx.set(setting, Data())
                    hold.wait()
                    throw Hold.Over()
                }
            )
        }
        try await hold.reached()
        steady.isHasty.withLock { $0 = true }
        return hold
    }

    /// Has writes of a setting fail.
    ///
    /// - Returns: what ends that.
    func failWrites(of setting: String) async throws -> @Sendable () throws -> Void {
        if TestEngine.isSQLite {
            let raw = try RawDatabase(path: fixture.path)
            try raw.execute("ALTER TABLE settings RENAME TO elsewhere")
            return { try raw.execute("ALTER TABLE elsewhere RENAME TO settings") }
        }
        let hold = try await holdWrites(of: setting)
        steady.isHasty.withLock { $0 = false }
        return { hold.release() }
    }

    func release(_ hold: Hold) {
        steady.isHasty.withLock { $0 = false }
        hold.release()
    }
}

/// Time that goes forward when a test says so.
final class WatchClock: SteadyClock {
    /// True while no wait lasts: every deadline has passed as soon as it is set.
    let isHasty = Mutex(false)
    private let time = Mutex(Duration.zero)

    func now() -> Duration { time.withLock { $0 } }

    func sleep(for duration: Duration) async throws {
        if isHasty.withLock({ $0 }) { return }
        try await Task.sleep(for: duration)
    }

    func advance(_ duration: Duration) {
        time.withLock { $0 += duration }
    }
}

/// Letters as they leave, and whoever waits for them.
final class Letters: Sendable {
    private let all = Mutex<[Letter]>([])
    private let signals = AsyncStream<Void>.makeStream()

    func add(_ letter: Letter) {
        all.withLock { $0.append(letter) }
        signals.continuation.yield()
    }

    var letters: [Letter] { all.withLock { $0 } }
    var subjects: [String] { letters.map(\.mail.subject) }

    /// Waits until so many have left.
    func first(_ count: Int) async throws -> [Letter] {
        let stream = signals.stream
        return try await withDeadline(10, "\(count) letters") { [self] in
            if letters.count >= count { return letters }
            for await _ in stream where letters.count >= count { return letters }
            throw CancellationError()
        }
    }
}

/// Holds threads up until it is released.
final class Hold: Sendable {
    struct Over: Error {}

    private let count: Int
    private let door = DispatchSemaphore(value: 0)
    private let arrivals = AsyncStream<Void>.makeStream()

    init(_ count: Int) {
        self.count = count
    }

    func wait() {
        arrivals.continuation.yield()
        _ = door.wait(timeout: .now() + 30)
    }

    /// Waits until one more is held.
    func reached() async throws {
        let stream = arrivals.stream
        try await withDeadline(10, "a thread of the store") { for await _ in stream { return } }
    }

    func release() {
        for _ in 0..<count { door.signal() }
    }
}
