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

    /// The server's own secret, which no other test writes by chance.
    static let pepper = (0..<32).map { UInt8(0x5a ^ $0 &* 7) }

    let fixture: StoreFixture
    let cache: any SessionCache
    let maintenance = MaintenanceSwitch()
    let service: AuthService<SuiteStore>
    let authenticator: SessionAuthenticator<SuiteStore>
    let bus: CommandBus

    init(
        _ name: String = "auth", configuration: AuthConfiguration = AuthConfiguration(),
        hasher: PasswordHasher = PasswordHasher(threads: 2, waiting: 1000, cost: Argon2id.Cost(memory: 64, passes: 1)),
        cache: any SessionCache = MemorySessionCache(), guesses: any GuessLimiter = GuessBuckets()
    ) async throws {
        let fixture = try await StoreFixture(name)
        let ledger = fixture.ledger
        self.fixture = fixture
        self.cache = cache
        service = AuthService(
            store: fixture.store, publisher: fixture.publisher, configuration: configuration,
            keys: AuthKeys(pepper: Self.pepper), hasher: hasher, cache: cache, guesses: guesses,
            maintenance: maintenance, affairs: .wallets(ledger)
        )
        authenticator = SessionAuthenticator(
            service, store: fixture.store, cache: cache, ends: fixture.sessions, clock: fixture.clock
        )
        var registry = CommandRegistry(store: fixture.store, publisher: fixture.publisher)
        registry.registerAuth(service)
        bus = CommandBus(
            table: registry.table(), feeds: fixture.feeds, sessions: fixture.sessions, authenticator: authenticator,
            limiter: TokenBuckets(rates: [:]), windows: StoreFixture.everythingOpen, maintenance: maintenance,
            clock: fixture.clock, random: fixture.random, logger: StoreFixture.silent
        )
    }

    /// Sends a command from a network address.
    func send(
        _ command: String, _ input: [String: String], as token: String? = nil, from address: String
    ) async throws -> CommandReply {
        try await bus.send(command, String(decoding: try WireJSON.encode(input), as: UTF8.self), as: token, address: address)
    }

    func send(_ command: String, _ input: [String: String] = [:], as token: String? = nil) async throws -> CommandReply {
        try await send(command, json: .object(input.mapValues { .string($0) }), as: token)
    }

    /// For inputs that are more than texts.
    func send(_ command: String, json: JSONValue, as token: String? = nil) async throws -> CommandReply {
        try await bus.send(command, String(decoding: try WireJSON.encode(json), as: UTF8.self), as: token)
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

    func complete(
        _ grant: String, password: String = AuthHouse.password, remember: Bool? = nil
    ) async throws -> CommandReply {
        var input: [String: JSONValue] = [
            "registration": .string(grant), "name": "Asha Rao", "rollNumber": "2026-CS-042", "password": .string(password),
        ]
        input["remember"] = remember.map { .boolean($0) }
        return try await send("registration.complete", json: .object(input))
    }

    /// Shows a password, and what the device was given at its last sign-in.
    func open(_ email: String, password: String = AuthHouse.password, device: String? = nil) async throws -> CommandReply {
        var input = ["email": email, "password": password]
        input["device"] = device
        return try await send("session.open", input)
    }

    /// Signs in with both factors, on a device that is not known yet.
    ///
    /// An address gets one code a minute: the clock has to go on between two of them.
    func signIn(_ email: String) async throws -> String {
        try #require(try await verified(email).token)
    }

    /// Signs in with both factors, and has the device remembered.
    ///
    /// - Returns: what to show at the next sign-in.
    func remembered(_ email: String) async throws -> String {
        try #require(try await verified(email, remember: true).device)
    }

    private func verified(_ email: String, remember: Bool? = nil) async throws -> SessionView {
        let challenge = try #require(try await open(email).output(SessionView.self).challenge)
        var input: [String: JSONValue] = ["challenge": .string(challenge), "code": .string(try await code(to: email))]
        input["remember"] = remember.map { .boolean($0) }
        return try await send("session.verify", json: .object(input)).output(SessionView.self)
    }

    /// Shows the second factor once more, by mail, for one command of a session. A minute goes by first, as an address gets
    /// one code a minute.
    func stepUp(_ purpose: StepUpPurpose, as token: String) async throws {
        fixture.clock.advance(seconds: 60)
        let owner = try await authenticator.authenticate(token: token, from: "192.0.2.1").account
        let account = try #require(try await fixture.read { try $0.account(owner) })
        let challenge = try await send("stepup.start", ["purpose": purpose.rawValue], as: token)
            .output(Challenge.self).challenge
        let answer = ["challenge": challenge, "code": try await code(to: account.email.raw)]
        _ = try await send("stepup.verify", answer, as: token).output(GrantedStepUp.self)
    }

    struct Challenge: Decodable {
        let challenge: String
        let expiresAt: Timestamp
    }

    struct Grant: Decodable {
        let registration: String
        let expiresAt: Timestamp
    }

    struct GrantedStepUp: Decodable {
        let purpose: StepUpPurpose
        let expiresAt: Timestamp
    }
}

extension Authenticator {
    /// Shows a token as a command does.
    func authenticate(token: String, from address: String) async throws -> Principal {
        try await authenticate(token: token, from: address, use: .command)
    }
}
