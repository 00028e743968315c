import CommandBus

/// A command that every gate of the chain can refuse.
enum Gauntlet: Command {
    struct Input: Codable, Sendable {
        let id: DepartureID
        let count: Bounded<1, 9>
    }
    struct Output: Codable, Sendable, Equatable {
        let account: AccountID?
        let key: String?
        let address: String
        let trace: String
        let now: Timestamp
    }

    static let name = "gauntlet.run"
    static let route = RESTRoute.post("/v1/gauntlets/{id}")
    static let access = Access.roles([.rider, .developer])
    static let windows: Set<ServiceWindow>? = [.ticketing, .queueing]
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.required
    static let status = 201
    static let summary = "Passes every gate."
    static let example = Input(id: DepartureID(trusted: "d_1"), count: .init(trusted: 1))

    static let goodInput = #"{"id":"d_1","count":3}"#
}

/// A command that anybody may send at any time.
enum Ping: Command {
    struct Output: Codable, Sendable {
        let signedIn: Bool
    }
    typealias Input = NoInput

    static let name = "ping"
    static let route = RESTRoute.get("/v1/ping")
    static let access = Access.anyone
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let availability = Availability.always
    static let summary = "Answers."
    static let example = NoInput()
}

/// A command for anybody who is signed in.
enum WhoAmI: Command {
    struct Output: Codable, Sendable {
        let account: AccountID
    }
    typealias Input = NoInput

    static let name = "whoami"
    static let route = RESTRoute.get("/v1/whoami")
    static let access = Access.signedIn
    static let cost = CostClass.read
    static let idempotency = IdempotencyRule.optional
    static let summary = "Tells who asks."
    static let example = NoInput()
}

extension Bounded {
    /// A number that the test knows to be within the bounds.
    init(trusted raw: Int) {
        do throws(RuleViolation) {
            self = try Self(refining: raw)
        } catch {
            preconditionFailure(error.detail)
        }
    }
}

extension CommandRegistry {
    /// Registers the commands of this file.
    mutating func registerTestCommands() {
        answer(Gauntlet.self) { _, context in
            Gauntlet.Output(
                account: context.principal?.account, key: context.idempotencyKey?.raw, address: context.address,
                trace: context.trace, now: context.now
            )
        }
        answer(Ping.self) { _, context in .init(signedIn: context.principal != nil) }
        answer(WhoAmI.self) { _, context in .init(account: try context.signedIn().account) }
    }
}
