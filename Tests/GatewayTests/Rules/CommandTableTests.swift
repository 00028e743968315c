import CommandBus
import Support
import Testing

@testable import Gateway

/// What holds for the declarations of all commands together.
@Suite struct CommandTableTests {
    private func table() async throws -> [CommandEntry] {
        let folder = try TemporaryFolder("table")
        return try await Core.forReference(in: folder.path).bus.table.entries
    }

    @Test("Nothing is changed by a GET, which browsers and caches send by themselves")
    func safeMethods() async throws {
        let entries = try await table().filter { $0.route.method == .get }
        #expect(entries.count > 10)
        for entry in entries {
            #expect(entry.idempotency == .none, "\(entry.name)")
            #expect(!entry.movesMoney, "\(entry.name)")
            #expect(entry.cost != .write, "\(entry.name)")
        }
    }

    @Test("Every command is a use of the session, but for the ticket that pages fetch by themselves")
    func uses() async throws {
        #expect(try await table().filter { !$0.usesSession }.map(\.name) == ["feeds.ticket"])
    }

    @Test("What moves money takes a key, but for the registration, whose right is good once and whose answer is a secret")
    func money() async throws {
        let moving = try await table().filter(\.movesMoney)
        #expect(
            Set(moving.map(\.name)) == [
                "account.delete", "bookings.cancel", "bookings.create", "registration.complete", "riders.delete",
            ]
        )
        #expect(moving.filter { $0.idempotency != .required }.map(\.name) == ["registration.complete"])
    }
}
