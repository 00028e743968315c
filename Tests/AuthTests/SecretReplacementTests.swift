import CommandBus
import Support
import Testing

@testable import Auth

@Suite("A server's secret that is replaced")
struct SecretReplacementTests {
    @Test("Staff with an app sign in by mailed codes from then on, and are told; the audit log says that it was done")
    func apps() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled("dev@example.com")
        _ = try await house.staff("other@example.com")
        let configuration = AuthConfiguration()
        let count = try await house.fixture.work { work in
            try SecretReplacement.removeAuthenticators(configuration: configuration, in: work)
        }
        #expect(count == 1)
        #expect(try await house.app(of: owner.account.id) == nil)
        #expect(try await house.letters(to: "dev@example.com").last?.contains("was removed") == true)
        #expect(try await house.letters(to: "other@example.com").isEmpty)
        let entry = try await house.fixture.kept.row(of: "audit") { $0.text("action") == "admin.replace-secret" }
        #expect(entry.text("actor") == "system")
        house.fixture.clock.advance(seconds: 60)
        let asked = try await house.open("dev@example.com").output(SessionView.self)
        #expect(asked.factor == .mail)
    }
}
