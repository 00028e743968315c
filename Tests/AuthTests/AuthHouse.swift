import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing
import Wallet

@testable import Auth

/// A bus with accounts and sign-in on a real store, as a server has it, but for the cost of a password.
final class AuthHouse: Sendable {
    static let password = "seven buses at dawn"

    let fixture: StoreFixture
    let cache: any SessionCache
    let maintenance = MaintenanceSwitch()
    let service: AuthService<SuiteStore>
    let authenticator: SessionAuthenticator<SuiteStore>
    let bus: CommandBus

    init(
        _ name: String = "auth", configuration: AuthConfiguration = AuthConfiguration(),
        hasher: PasswordHasher = PasswordHasher(threads: 2, waiting: 1000, cost: Argon2id.Cost(memory: 64, passes: 1)),
        cache: any SessionCache = MemorySessionCache()
    ) async throws {
        let fixture = try await StoreFixture(name)
        let ledger = fixture.ledger
        self.fixture = fixture
        self.cache = cache
        service = AuthService(
            store: fixture.store, publisher: fixture.publisher, configuration: configuration,
            keys: AuthKeys(pepper: Array(0..<32)), hasher: hasher, cache: cache, maintenance: maintenance,
            openWallet: { account, work in try ledger.openWallet(for: account, in: work) }
        )
        authenticator = SessionAuthenticator(
            store: fixture.store, cache: cache, ends: fixture.sessions, clock: fixture.clock
        )
        var registry = CommandRegistry(store: fixture.store, publisher: fixture.publisher)
        registry.registerAuth(service)
        bus = CommandBus(
            table: registry.table(), feeds: fixture.feeds, sessions: fixture.sessions, authenticator: authenticator,
            limiter: TokenBuckets(rates: [:]), windows: StoreFixture.everythingOpen, maintenance: maintenance,
            clock: fixture.clock, random: fixture.random, logger: StoreFixture.silent
        )
    }

    func send(_ command: String, _ input: [String: String] = [:], as token: String? = nil) async throws -> CommandReply {
        let json = String(decoding: try WireJSON.encode(input), as: UTF8.self)
        return try await bus.send(command, json, as: token)
    }

    // MARK: - Mail

    /// The letters to an address, the oldest first.
    func letters(to email: String) async throws -> [String] {
        try await fixture.kept.rows(of: "mail_outbox") { $0.text("recipient") == email }.compactMap { $0.text("body") }
    }

    /// The code in the newest letter to an address.
    func code(to email: String) async throws -> String {
        guard let code = try await letters(to: email).last?.firstMatch(of: /\b[0-9]{8}\b/) else { throw NoCode() }
        return String(code.output)
    }

    /// A code that is not the right one.
    func wrongCode(to email: String) async throws -> String {
        let code = try await code(to: email)
        return code == "00000000" ? "00000001" : "00000000"
    }

    struct NoCode: Error {}

    // MARK: - People

    /// Makes an account behind the registration's back.
    @discardableResult
    func add(_ email: String, role: Role = .rider, state: AccountState = .active) async throws -> Account {
        let service = service
        let hash = try await service.passwords.hasher.hash(Self.password, salt: Array(0..<16))
        return try await fixture.work { work in
            let account = Account(
                id: work.context.makeID(), email: EmailAddress(trusted: email), name: "Somebody", rollNumber: "1",
                role: role, state: state, passwordHash: hash, createdAt: work.context.now
            )
            try service.create(account, in: work)
            return account
        }
    }

    /// Opens a session behind the sign-in's back.
    func session(of account: Account) async throws -> String {
        let sessions = service.sessions
        return try await fixture.work { work in try sessions.open(for: account, in: work).token.text }
    }

    /// Registers an address up to the right to complete it.
    func grant(_ email: String) async throws -> String {
        let challenge = try await send("registration.start", ["email": email]).output(Challenge.self).challenge
        return try await send("registration.verify", ["challenge": challenge, "code": try await code(to: email)])
            .output(Grant.self).registration
    }

    func complete(_ grant: String, password: String = AuthHouse.password, device: String? = nil) async throws -> CommandReply
    {
        var input = ["registration": grant, "name": "Asha Rao", "rollNumber": "2026-CS-042", "password": password]
        input["device"] = device
        return try await send("registration.complete", input)
    }

    func open(_ email: String, password: String = AuthHouse.password, device: String? = nil) async throws -> CommandReply {
        var input = ["email": email, "password": password]
        input["device"] = device
        return try await send("session.open", input)
    }

    /// Signs in with both factors.
    func signIn(_ email: String, device: String? = nil) async throws -> String {
        let challenge = try #require(try await open(email).output(SessionView.self).challenge)
        var input = ["challenge": challenge, "code": try await code(to: email)]
        input["device"] = device
        return try #require(try await send("session.verify", input).output(SessionView.self).token)
    }

    struct Challenge: Decodable {
        let challenge: String
        let expiresAt: Timestamp
    }

    struct Grant: Decodable {
        let registration: String
        let expiresAt: Timestamp
    }
}

/// A device's secret.
func device(_ number: Int = 1) -> String { "device-of-a-test-\(number)" }
