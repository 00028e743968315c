import CommandBus
import Mail
import Storage
import Support
import Testing

@Suite("Letters that were given up")
struct GivenUpLettersTests {
    private let fixture: StoreFixture

    init() async throws {
        fixture = try await StoreFixture("letters")
    }

    private func queue(_ count: Int) async throws {
        try await fixture.work { work in
            for number in 0..<count {
                work.send(
                    OutgoingMail(to: EmailAddress(trusted: "number-\(number)@example.com"), subject: "s", body: "b")
                )
            }
        }
    }

    /// Takes what is due, as the worker does.
    private func take() async throws -> [Letter] {
        try await fixture.work { work in
            try work.tx.claimLetters(dueAt: work.context.now, until: work.context.now, limit: 99)
        }
    }

    @Test("They are forgotten thirty days after they were queued, some at a time; one that is only late is not")
    func age() async throws {
        try await queue(40)
        let letters = try await take()
        try await fixture.work { work in
            for letter in letters {
                let isGivenUp = try work.tx.abandonLetter(letter, because: "refused")
                #expect(isGivenUp)
            }
        }
        try await queue(1)
        fixture.clock.advance(seconds: 30 * 24 * 3600)
        #expect(try await take().count == 1)
        #expect(try await fixture.kept.count(of: "mail_outbox") == 41)
        fixture.clock.advance(milliseconds: 1)
        var counts: [Int] = []
        for _ in 0..<3 {
            #expect(try await take().count == 1)
            counts.append(try await fixture.kept.count(of: "mail_outbox"))
        }
        #expect(counts == [41 - 32, 1, 1])
        let left = try await fixture.read { try $0.outboxCount() }
        #expect(left.waiting == 1 && left.abandoned == 0)
    }
}
