import Auth
import CommandBus
import Cryptography
import Foundation

/// The people of a demo: riders with money, and one of each kind of staff. They all have the same, published password.
struct DemoAccounts: Sendable {
    static let password = "ride-the-demo-bus"

    private struct Person: Sendable {
        let email: EmailAddress
        let name: String
        let rollNumber: String?
        let role: Role
    }

    private let hash: String

    /// - Parameters:
    ///   - hasher: hashes the password, once for all.
    ///   - context: whose randomness is used.
    init(hasher: PasswordHasher, context: CommandContext) async throws {
        // The password is in the documentation: a salt for each account would protect nothing.
        hash = try await hasher.hash(Self.password, salt: context.random.bytes(16))
    }

    /// Makes all accounts with their wallets that are not there yet.
    ///
    /// - Parameters:
    ///   - riders: how many riders there are.
    ///   - service: makes accounts.
    ///   - runner: runs the units of work.
    ///   - context: under which it is logged, and whose time and randomness are used.
    func create<Store: FarebusStore>(
        of riders: Int, with service: AuthService<Store>, on runner: LeasedRunner<Store>, context: CommandContext
    ) async throws {
        let hash = hash
        for part in Self.parts(of: Self.people(riders)) {
            try await runner.run(context) { work in
                for person in part where try work.tx.account(email: person.email) == nil {
                    let account = Account(
                        id: work.context.makeID(), email: person.email, name: person.name, rollNumber: person.rollNumber,
                        role: person.role, passwordHash: hash, createdAt: work.context.now
                    )
                    try service.create(account, in: work)
                }
            }
        }
    }

    /// A list in parts that are each a unit of work which is soon over.
    static func parts<Element>(of list: [Element]) -> [[Element]] {
        stride(from: 0, to: list.count, by: 25).map { Array(list[$0..<min($0 + 25, list.count)]) }
    }

    /// The addresses of all accounts of a demo with so many riders.
    static func addresses(_ riders: Int) -> [EmailAddress] { people(riders).map(\.email) }

    private static func people(_ count: Int) -> [Person] {
        let riders = (1...count).map { number in
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
