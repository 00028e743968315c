import CommandBus
import Support
import Testing

@testable import Auth

@Suite("What the mailbox is told of sign-ins")
struct SignInLetterTests {
    private let email = "dev@example.com"

    @Test("Of one with a code of the app, on a device that is new; a remembered one is told of no more")
    func app() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        let before = try await house.letters(to: email).count
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        #expect(try await house.letters(to: email).count == before, "a right password alone is no sign-in")
        let answer: JSONValue = .object([
            "challenge": .string(challenge), "code": .string(owner.phone.code(at: house.now)), "remember": .boolean(true),
        ])
        let session = try await house.send("session.verify", json: answer).output(SessionView.self)
        let letters = try await house.letters(to: email)
        #expect(letters.count == before + 1)
        #expect(letters.last?.contains("a code of your authenticator app") == true)
        let device = try #require(session.device)
        #expect(try await house.open(email, device: device).output(SessionView.self).token != nil)
        #expect(try await house.letters(to: email).count == before + 1)
    }

    @Test("Of one with a mailed code by the letter that brought it, and no other")
    func mail() async throws {
        let house = try await AuthHouse()
        try await house.add(email, role: .developer)
        _ = try await house.signIn(email)
        let letters = try await house.letters(to: email)
        #expect(letters.count == 1)
        #expect(letters.first?.contains("on a new device,\nwith the right password") == true)
    }
}
