import CommandBus
import Foundation

/// Sends a text back.
enum Echo: Command {
    struct Input: Codable, Sendable {
        let text: Text<1, 12_000>
    }
    struct Output: Codable, Sendable {
        let text: String
    }

    static let name = "test.echo"
    static let route = RESTRoute.post("/v1/test/echo")
    static let access = Access.anyone
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let summary = "Sends a text back."
    static let example = Input(text: sample("hello"))
}

/// Answers with a long text.
enum Recite: Command {
    struct Input: Codable, Sendable {
        let length: Bounded<1, 4_000_000>
    }
    struct Output: Codable, Sendable {
        let text: String
    }

    static let name = "test.recite"
    static let route = RESTRoute.post("/v1/test/recite")
    static let access = Access.anyone
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let summary = "Answers with a long text."
    static let example = Input(length: sample(1))
}

/// Does not answer before the latch is open.
enum Hold: Command {
    static let name = "test.hold"
    static let route = RESTRoute.post("/v1/test/hold")
    static let access = Access.anyone
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let status = 204
    static let summary = "Waits."
    static let example = NoInput()
    typealias Input = NoInput
    typealias Output = NoOutput
}

/// Tells who asks.
enum WhoAmI: Command {
    struct Output: Codable, Sendable {
        let account: String
        let address: String
    }

    static let name = "test.whoami"
    static let route = RESTRoute.get("/v1/test/whoami")
    static let access = Access.signedIn
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let summary = "Tells who asks."
    static let example = NoInput()
    typealias Input = NoInput
}

/// Changes a thing, tells its feed, and counts how often.
enum Put: Command {
    struct Input: Codable, Sendable {
        let thing: BusID
        let state: Int
    }
    struct Output: Codable, Sendable {
        let count: Int
    }

    static let name = "test.put"
    static let route = RESTRoute.post("/v1/test/things")
    static let access = Access.signedIn
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.required
    static let status = 201
    static let summary = "Changes a thing."
    static let example = Input(thing: .init(trusted: "bus_1"), state: 1)
}

/// Ends the sessions of whoever asks, but for one epoch.
enum EndSession: Command {
    struct Input: Codable, Sendable {
        let surviving: Int?
    }

    static let name = "test.end"
    static let route = RESTRoute.post("/v1/test/end")
    static let access = Access.signedIn
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let status = 204
    static let summary = "Ends a session."
    static let example = Input(surviving: nil)
    typealias Output = NoOutput
}

/// Breaks down.
enum Break: Command {
    struct Breakage: Error {}

    static let name = "test.break"
    static let route = RESTRoute.post("/v1/test/break")
    static let access = Access.anyone
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let summary = "Breaks down."
    static let example = NoInput()
    typealias Input = NoInput
    typealias Output = NoOutput
}

/// The state of a thing, as the feed tells it.
struct Thing: Codable, Sendable {
    let thing: String
    let state: Int
    let filling: String
}

func sample<R: Refined>(_ raw: R.Raw) -> R {
    guard let value = try? R(refining: raw) else { preconditionFailure("a sample breaks its own rule") }
    return value
}
