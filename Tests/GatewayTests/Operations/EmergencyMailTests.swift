import CommandBus
import Foundation
import Mail
import Support
import Synchronization
import Testing

@testable import Gateway

@Suite("Letters to the emergency address")
struct EmergencyMailTests {
    private let folder: TemporaryFolder
    private let mailbox: LocalMailbox
    private let noon = Timestamp(milliseconds: 1_795_501_800_000, offsetMinutes: 330)

    init() throws {
        folder = try TemporaryFolder("emergency")
        mailbox = try LocalMailbox(
            folder: folder.file("mail"),
            sender: MailSender(name: "Farebus", address: EmailAddress(trusted: "no-reply@example.com"))
        )
    }

    private func mail(
        to address: String? = "emergency@example.com", claims: @escaping @Sendable (String) async -> Bool = { _ in true },
        steady: any SteadyClock = SystemSteadyClock()
    ) -> EmergencyMail {
        EmergencyMail(
            sender: .init(
                address: address.map { EmailAddress(trusted: $0) }, service: "Campus buses", instance: "bus-1",
                recovers: true
            ),
            transport: mailbox, claims: claims, random: SeededRandom(seed: 1), steady: steady, logger: StoreFixture.silent
        )
    }

    private func notice(_ cause: ClosureCause) -> EmergencyNotice {
        EmergencyNotice(cause: cause, turn: .began(since: noon), at: noon.adding(seconds: 10))
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: mailbox.folder.path(percentEncoded: false))
    }

    @Test("It says what, since when, what the server does and what to do", arguments: ClosureCause.allCases)
    func text(cause: ClosureCause) async throws {
        await mail().deliver(notice(cause))
        let file = try #require(try files().first)
        let text = try String(contentsOf: mailbox.folder.appending(path: file), encoding: .utf8)
        #expect(text.contains("To: <emergency@example.com>"))
        #expect(text.contains("Subject: Campus buses: "))
        for line in ["Server:   bus-1", "Since:    2026-11-24T12:00:00+05:30", "What the server does: ", "What to do: "] {
            #expect(text.contains(line))
        }
        #expect(text.contains("docs/operations.md"))
    }

    @Test("Nobody is written to where there is no address, or another instance writes")
    func silence() async throws {
        await mail(to: nil).deliver(notice(.invariants))
        await mail(claims: { $0 != "emergency.invariants.began" }).deliver(notice(.invariants))
        #expect(try files() == [])
        // The control: the claim of another turn is another claim.
        await mail(claims: { $0 != "emergency.invariants.ended" }).deliver(notice(.invariants))
        #expect(try files().count == 1)
    }

    @Test("A letter that does not leave is tried again, later and later, and leaves once")
    func retries() async throws {
        let folder = mailbox.folder
        try FileManager.default.removeItem(at: folder)
        let seen = Pauses(limit: 3) {
            try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        await mail(steady: seen).deliver(notice(.storeUnreachable))
        #expect(seen.all == [.seconds(2), .seconds(4), .seconds(8)])
        #expect(try files().count == 1)
    }

    /// Waits for nothing, and notes for how long.
    private final class Pauses: SteadyClock {
        private let state = Mutex<[Duration]>([])
        private let limit: Int
        private let atLimit: @Sendable () -> Void

        init(limit: Int, atLimit: @escaping @Sendable () -> Void) {
            self.limit = limit
            self.atLimit = atLimit
        }

        var all: [Duration] { state.withLock { $0 } }

        func now() -> Duration { .zero }

        func sleep(for pause: Duration) async throws {
            let count = state.withLock { state in
                state.append(pause)
                return state.count
            }
            if count == limit { atLimit() }
        }
    }
}
