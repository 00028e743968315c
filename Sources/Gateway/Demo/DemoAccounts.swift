import Auth
import CommandBus
import Cryptography
import Foundation

/// The people of a demo: riders with money, and one of each kind of staff. They all have the same, published password.
enum DemoAccounts {
    static let password = "ride-the-demo-bus"
    static let riderCount = 200

    private struct Person {
        let email: EmailAddress
        let name: String
        let rollNumber: String?
        let role: Role
    }

    /// Makes all accounts with their wallets, and opens a session for each, in one unit of work.
    ///
    /// - Parameters:
    ///   - service: makes accounts and opens sessions.
    ///   - runner: runs the unit of work.
    ///   - hasher: hashes the password, once for all.
    ///   - context: under which it is logged, and whose time and randomness are used.
    /// - Returns: the session token of each address.
    static func create<Store: CommandStore>(
        with service: AuthService<Store>, runner: WorkRunner<Store>, hasher: PasswordHasher, context: CommandContext
    ) async throws -> [String: String] where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
        // The password is in the documentation: a salt for each account would protect nothing.
        let hash = try await hasher.hash(password, salt: context.random.bytes(16))
        return try await runner.run(context) { work in
            try people().reduce(into: [:]) { tokens, person in
                let account = Account(
                    id: work.context.makeID(), email: person.email, name: person.name, rollNumber: person.rollNumber,
                    role: person.role, passwordHash: hash, createdAt: work.context.now
                )
                try service.create(account, in: work)
                tokens[person.email.raw] = try service.sessions.open(for: account, in: work).token.text
            }
        }
    }

    /// The addresses of all accounts.
    static var addresses: [EmailAddress] { people().map(\.email) }

    private static func people() -> [Person] {
        let riders = (1...riderCount).map { number in
            Person(
                email: EmailAddress(trusted: "rider\(number)@demo.test"), name: "Demo Rider \(number)",
                rollNumber: "DEMO-\(number)", role: .rider
            )
        }
        let staff = [("conductor", Role.conductor), ("developer", .developer), ("god", .godAdmin)].map { name, role in
            Person(
                email: EmailAddress(trusted: "\(name)@demo.test"), name: "Demo \(name.capitalized)", rollNumber: nil,
                role: role
            )
        }
        return riders + staff
    }
}
