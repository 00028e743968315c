import CommandBus
import Foundation

/// Echoes an input of every simple kind.
enum ShowThing: Command {
    struct Input: Codable, Sendable {
        let id: BusID
        let limit: PageLimit?
        let ratio: Double?
        let flag: Bool?
        let tags: [String]?
        let sizes: [Int]?
    }
    typealias Output = Input

    static let name = "things.show"
    static let route = RESTRoute.get("/v1/things/{id}")
    static let access = Access.signedIn
    static let cost = CostClass.read
    static let idempotency = IdempotencyRule.none
    static let summary = "Shows a thing."
    static let example = Input(id: .init(trusted: "bus_1"), limit: nil, ratio: nil, flag: nil, tags: nil, sizes: nil)
}

/// Puts a thing on a shelf, and tells the feed.
enum CreateThing: Command {
    struct Input: Codable, Sendable {
        let shelf: BusID
        let name: Text<1, 12>
        let count: Bounded<1, 10>
        let note: String?
    }
    struct Output: Codable, Sendable {
        let shelf: String
        let name: String
        let count: Int
        let address: String
    }

    static let name = "things.create"
    static let route = RESTRoute.post("/v1/shelves/{shelf}/things")
    static let access = Access.roles([.rider])
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.optional
    static let status = 201
    static let summary = "Puts a thing on a shelf."
    static let example = Input(
        shelf: .init(trusted: "bus_1"), name: fixed("lamp"), count: fixed(1), note: nil
    )
    static let problems = [Problem.Code.shelfFull]

    private static func fixed<R: Refined>(_ raw: R.Raw) -> R {
        guard let value = try? R(refining: raw) else { preconditionFailure("the example breaks its own rule") }
        return value
    }
}

extension Problem.Code {
    static let shelfFull = Self("shelf_full", status: 409, title: "The shelf is full")
}

/// Moves money, so to say.
enum PayThing: Command {
    struct Input: Codable, Sendable {
        let amount: Int
    }
    struct Output: Codable, Sendable {
        let paid: Int
    }

    static let name = "things.pay"
    static let route = RESTRoute.post("/v1/payments")
    static let access = Access.signedIn
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.required
    static let status = 201
    static let summary = "Pays."
    static let example = Input(amount: 1)
}

enum RemoveThing: Command {
    struct Input: Codable, Sendable {
        let id: BusID
    }
    typealias Output = NoOutput

    static let name = "things.remove"
    static let route = RESTRoute.delete("/v1/things/{id}")
    static let access = Access.roles([.developer])
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.none
    static let status = 204
    static let summary = "Removes a thing."
    static let example = Input(id: .init(trusted: "bus_1"))
}

/// A literal beside a placeholder of the same place.
enum CountThings: Command {
    typealias Input = NoInput
    struct Output: Codable, Sendable {
        let count: Int
    }

    static let name = "things.count"
    static let route = RESTRoute.get("/v1/things/count")
    static let access = Access.anyone
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let availability = Availability.always
    static let summary = "Counts the things."
    static let example = NoInput()
}

enum GatedThing: Command {
    typealias Input = NoInput
    typealias Output = NoOutput

    static let name = "things.gated"
    static let route = RESTRoute.post("/v1/gated")
    static let access = Access.signedIn
    static let windows: Set<ServiceWindow>? = [.ticketing]
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.none
    static let status = 204
    static let summary = "Works in the ticketing window."
    static let example = NoInput()
}

enum BreakThing: Command {
    typealias Input = NoInput
    typealias Output = NoOutput
    struct Secret: Error {}

    static let name = "things.break"
    static let route = RESTRoute.post("/v1/broken")
    static let access = Access.anyone
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.none
    static let summary = "Fails with a fault of the server."
    static let example = NoInput()
}

/// What the feeds of the tests show.
struct Shelf: Codable, Sendable {
    let shelf: String
    let content: String
}

struct Shelves: Codable, Sendable {
    let shelves: [Shelf]
}

extension CommandRegistry {
    mutating func registerThings(feeds: FeedHub) {
        answer(ShowThing.self) { input, _ in input }
        write(CreateThing.self) { input, work in
            if input.name.raw == "piano" { throw Problem(.shelfFull, "A piano does not fit on a shelf.") }
            work.publish(
                try FeedChange(
                    topic: "shelves", subject: input.shelf.raw, attributes: ["shelf": input.shelf.raw],
                    data: Shelf(shelf: input.shelf.raw, content: input.name.raw)
                )
            )
            return .init(
                shelf: input.shelf.raw, name: input.name.raw, count: input.count.raw, address: work.context.address
            )
        }
        write(PayThing.self) { input, _ in .init(paid: input.amount) }
        answer(RemoveThing.self) { _, _ in NoOutput() }
        answer(CountThings.self) { _, _ in .init(count: 3) }
        answer(GatedThing.self) { _, _ in NoOutput() }
        answer(BreakThing.self) { _, _ in throw BreakThing.Secret() }
        for (name, access) in [("shelves", Access.signedIn), ("public", .anyone), ("staff", .roles([.developer]))] {
            feeds.register(
                FeedTopic(
                    name: name, access: access, filters: ["shelf"], summary: "What is on the shelves.",
                    change: Shelf.self, snapshot: { _, _ in Shelves(shelves: []) }
                )
            )
        }
    }
}
