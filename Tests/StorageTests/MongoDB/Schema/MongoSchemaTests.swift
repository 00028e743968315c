import CommandBus
import Foundation
import Support
import Testing

@testable import Storage

@Suite("The collections of a MongoDB", .timeLimit(.minutes(2)))
struct MongoSchemaTests {
    private static func schema(_ store: MongoStore, _ name: String, patience: Duration = .seconds(30)) -> MongoSchema {
        MongoSchema(store, name: name, patience: patience, logger: EngineServer.silent)
    }

    private static func change(_ store: MongoStore, _ fields: BSONDocument) async throws {
        _ = try await store.outsideTransactions { session in
            try session.update(MongoSchemaRecord.collection, MongoSchemaRecord.filter, ["$set": .document(fields)])
        }
    }

    @Test("Many that begin at once make them once, and all of them can go on", arguments: EngineServer.allCases)
    func many(server: EngineServer) async throws {
        let uri = try await server.uri()
        let stores = try (0..<4).map { _ in try MongoStore.open(MongoOptions(uri: uri), logger: EngineServer.silent) }
        try await withThrowingTaskGroup { group in
            for (number, store) in stores.enumerated() {
                group.addTask {
                    try await store.probe()
                    try await Self.schema(store, "instance \(number)").prepare()
                    try await MongoSchema.check(store)
                }
            }
            try await group.waitForAll()
        }
        let names = try await stores[0].outsideTransactions(MongoCollections.names)
        #expect(names == Set(MongoCollections.all.map(\.name) + [MongoSchemaRecord.collection]))
        #expect(Set(StoreTables.all.map(\.name)).isSubset(of: names))
        for collection in MongoCollections.all where !collection.indexes.isEmpty {
            let reply = try await stores[0].command(["listIndexes": .string(collection.name)])
            let made = try reply.document("cursor").documents("firstBatch").map { try $0.text("name") }
            #expect(Set(made) == Set(collection.indexes.map(\.name) + ["_id_"]))
        }
        Thread.detachNewThread { for store in stores { try? store.close() } }
    }

    @Test("What was left half made is refused to a server, and made whole by the operator's word")
    func halfMade() async throws {
        try await EngineServer.standalone.withStore { store in
            try await Self.schema(store, "first").prepare()
            _ = try await store.command(["drop": "journal"])
            try await Self.change(store, ["state": "initialising", "version": 0, "by": "one that died"])
            await #expect(throws: MongoSchemaError.halfMade) {
                try await Self.schema(store, "second", patience: .zero).prepare()
            }
            await #expect(throws: MongoSchemaError.halfMade) { try await MongoSchema.check(store) }
            #expect(try await Self.schema(store, "third").initialise())
            #expect(try await !Self.schema(store, "fourth").initialise(), "the second time there is nothing to do")
            try await MongoSchema.check(store)
            #expect(try await store.outsideTransactions(MongoCollections.names).contains("journal"))
        }
    }

    @Test("What the version before has made is refused to a server, and brought up to date by the operator's word")
    func older() async throws {
        try await EngineServer.standalone.withStore { store in
            try await Self.schema(store, "first").prepare()
            // As it was: an index of the same name over other fields.
            _ = try await store.command(["dropIndexes": "sessions", "index": "sessions_by_account"])
            _ = try await store.command([
                "createIndexes": "sessions",
                "indexes": [["name": "sessions_by_account", "key": ["account": 1, "expires_at": 1]]],
            ])
            _ = try await store.command(["dropIndexes": "code_challenges", "index": "code_challenges_by_account"])
            try await Self.change(store, ["version": 1])
            await #expect(throws: MongoSchemaError.older(version: 1)) {
                try await Self.schema(store, "second").prepare()
            }
            #expect(try await Self.schema(store, "third").initialise())
            try await MongoSchema.check(store)
            let reply = try await store.command(["listIndexes": "sessions"])
            let index = try reply.document("cursor").documents("firstBatch").first {
                try $0.text("name") == "sessions_by_account"
            }
            #expect(try index?.document("key") == ["account": 1, "ending": 1, "ended_at": 1])
        }
    }

    @Test("Somebody who is still at it is waited for")
    func waiting() async throws {
        try await EngineServer.standalone.withStore { store in
            try await Self.schema(store, "first").prepare()
            try await Self.change(store, ["state": "initialising"])
            let clock = Waiting { try await Self.change(store, ["state": "ready"]) }
            let schema = MongoSchema(store, name: "second", clock: clock, logger: EngineServer.silent)
            try await withDeadline(20, "the schema") { try await schema.prepare() }
        }
    }

    @Test("A newer, a missing and a strange database are refused")
    func refusals() async throws {
        try await EngineServer.standalone.withStore { store in
            await #expect(throws: MongoSchemaError.missing) { try await MongoSchema.check(store) }
            try await Self.schema(store, "first").prepare()
            try await Self.change(store, ["version": 7])
            await #expect(throws: MongoSchemaError.newer(version: 7)) { try await MongoSchema.check(store) }
            await #expect(throws: MongoSchemaError.newer(version: 7)) { try await Self.schema(store, "second").prepare() }
        }
        try await EngineServer.standalone.withStore { store in
            try await store.outsideTransactions { try $0.insert("films", ["_id": 1]) }
            await #expect(throws: MongoSchemaError.foreign(collections: ["films"])) {
                try await Self.schema(store, "first").prepare()
            }
        }
    }

    /// Whether a document is refused as not valid; a control of each kind is let in.
    private static func refusal(of document: BSONDocument, in collection: String, _ store: MongoStore) async throws -> Int? {
        do {
            try await store.outsideTransactions { try $0.insert(collection, document) }
            return nil
        } catch let error as MongoError {
            return error.code
        }
    }

    private static let departure: BSONDocument = [
        "_id": "d_1", "bus": "b_1", "route": "r_1", "service_date": "2026-11-24", "departs_at": 0, "utc_offset": 330,
        "capacity": 2, "available": 1, "booked": 1, "boarded": 0, "no_show": 0, "fare_amount": 0, "fare_currency": "INR",
        "state": "scheduled", "withdrawn": 0, "revision": 1,
    ]
    private static let booking: BSONDocument = [
        "_id": "t_1", "departure": "d_1", "rider": "a_1", "state": "booked", "fare": 0, "currency": "INR",
        "cutoff_minutes": 0, "refund_percent": 0, "booked_at": 0, "live": true,
    ]
    private static let session: BSONDocument = [
        "_id": .binary(Data(count: 32)), "id": "s_1", "account": "a_1", "role": "rider", "epoch": 1, "issued_at": 0,
        "expires_at": 1, "open": true,
    ]

    /// A document with some fields changed; null removes one.
    private static func changed(_ document: BSONDocument, _ fields: BSONDocument) -> BSONDocument {
        var document = document
        // A plain nil would be a null of BSON.
        for field in fields.fields { document[field.name] = field.value == .null ? BSONValue?.none : field.value }
        return document
    }

    @Test("Documents are let in only as SQLite would let rows in")
    func validators() async throws {
        try await EngineServer.standalone.withStore { store in
            try await Self.schema(store, "first").prepare()
            let wrong: [(String, BSONDocument, [BSONDocument])] = [
                (
                    "departures", Self.departure,
                    [
                        ["available": -1, "booked": 3], ["available": 2], ["booked": 0], ["capacity": 3], ["state": "lost"],
                        ["fare_amount": -1], ["withdrawn": 1], ["withdrawn": 2, "state": "cancelled"], ["revision": 0],
                        ["departs_at": "soon"], ["bus": nil], ["colour": "red"], ["departs_at": 1.5],
                    ]
                ),
                (
                    "bookings", Self.booking,
                    [
                        ["fare": 2000], ["charge": "j_1"], ["fare": -1, "charge": "j_1"], ["refund_percent": 101],
                        ["state": "cancelled", "live": nil], ["cancelled_at": 1], ["refund": "j_1"], ["live": nil],
                        ["live": false], ["state": "cancelled", "cancelled_at": 1],
                    ]
                ),
                (
                    "sessions", Self.session,
                    [
                        ["_id": .binary(Data(count: 31))], ["expires_at": 0], ["idle_until": "soon"], ["ended_at": 1],
                        ["ending": "closed"],
                        ["ending": "closed", "ended_at": 1], ["open": nil], ["role": "nobody"], ["epoch": 0],
                    ]
                ),
                (
                    "ledger_accounts", ["_id": "wallet:a", "currency": "INR", "balance": 0, "postings": 0],
                    [["balance": -1], ["postings": -1], ["balance": "much"]]
                ),
                (
                    "accounts",
                    [
                        "_id": "a_1", "email": "x@example.com", "name": "X", "role": "rider", "state": "active",
                        "password_hash": "", "session_epoch": 0, "created_at": 0,
                    ],
                    [
                        ["email": "X@example.com"], ["email": "x"], ["role": "king"], ["roll_number": 5], ["holds": "often"],
                    ]
                ),
                (
                    "devices",
                    [
                        "_id": "a_1|dev_1", "account": "a_1", "id": "dev_1", "secret": .binary(Data(count: 32)),
                        "first_used_at": 0, "last_used_at": 0,
                    ],
                    [["secret": .binary(Data(count: 31))], ["previous": .binary(Data(count: 33))], ["secret": nil]]
                ),
                (
                    "authenticators",
                    [
                        "_id": "a_1", "sealed_secret": .binary(Data(count: 1)), "last_step": 0,
                        "recovery_codes": .binary(Data(count: 64)),
                    ], [["sealed_secret": .binary(Data())], ["recovery_codes": .binary(Data(count: 63))]]
                ),
                (
                    "code_challenges",
                    [
                        "_id": .binary(Data(count: 32)), "purpose": "sign_in", "budget": "owner", "factor": "mail",
                        "address": "x@example.com", "code": .binary(Data(count: 32)), "failures": 0, "sent_at": 0,
                        "expires_at": 1, "is_spent": 0,
                    ], [["budget": "nobody"], ["factor": "pigeon"], ["failures": -1], ["expires_at": 0], ["session": 1]]
                ),
                (
                    "grants",
                    [
                        "_id": .binary(Data(count: 32)), "purpose": "password_reset", "address": "x@example.com",
                        "account": "a_1", "expires_at": 0,
                    ], [["purpose": "staff_change"], ["address": nil]]
                ),
                (
                    "audit",
                    [
                        "_id": "au_1", "at": 0, "actor": "system", "action": "staff.create", "subject": "a_1",
                        "reason": "why", "after": .binary(Data()), "trace": "",
                    ], [["reason": nil], ["before": "text"], ["name": "somebody"]]
                ),
                ("stops", ["_id": "s_1", "name": "Gate"], [["latitude": 1.5], ["latitude": 91.0, "longitude": 0.5]]),
                (
                    "buses",
                    [
                        "_id": "b_1", "route": "r", "direction": "inbound", "from_stop": "s", "to_stop": "s", "leaves": 0,
                        "service": "v", "capacity": 1, "fare_amount": 0, "fare_currency": "INR", "zone": "UTC",
                        "origin": "staff", "stops": [["stop": "s", "arrival": 1, "departure": 1]],
                    ],
                    [
                        ["stops": [["stop": "s", "arrival": 2, "departure": 1]]], ["stops": nil],
                        ["stops": [["stop": "s", "arrival": 1]]],
                        ["stops": [["stop": "s", "arrival": 1, "departure": 1, "position": 0]]],
                    ]
                ),
                (
                    "postings",
                    [
                        "_id": "0|1|0", "chain": 0, "entry": 1, "line": 0, "account": "wallet:a", "amount": 1, "number": 1,
                        "balance_after": 1,
                    ], [["amount": 0], ["number": 0]]
                ),
                (
                    "idempotency",
                    [
                        "_id": "a|k", "scope": "a", "key": "k", "fingerprint": .binary(Data(count: 32)), "status": 201,
                        "body": .binary(Data()), "at": 0,
                    ], [["status": 503], ["status": 429], ["fingerprint": .binary(Data(count: 33))], ["_id": 1]]
                ),
            ]
            for (collection, right, changes) in wrong {
                for change in changes {
                    let document = Self.changed(right, change)
                    #expect(try await Self.refusal(of: document, in: collection, store) == 121, "\(collection): \(change)")
                }
                #expect(try await Self.refusal(of: right, in: collection, store) == nil, "\(collection)")
            }
            #expect(
                try await Self.refusal(
                    of: ["_id": "operator:fares", "currency": "INR", "balance": -1, "postings": 0], in: "ledger_accounts",
                    store
                ) == nil, "an account of the operator may be below zero"
            )
        }
    }

    @Test("Where the server does not take a validator there is its reason, and the indexes are made all the same")
    func withoutValidators() async throws {
        try await EngineServer.standalone.withStore { store in
            let indexes = [MongoIndex("by_name", "name", isUnique: true)]
            let new = MongoCollection(name: "new", validator: ["$nonsense": 1], indexes: indexes)
            #expect(try await store.outsideTransactions { try new.make($0) } != nil)
            // One that is there without a validator gets it, or there is a reason why not.
            _ = try await store.command(["create": "old"])
            let old = MongoCollection(name: "old", validator: ["name": ["$type": "string"]], indexes: indexes)
            let reason = try await store.outsideTransactions { try old.make($0) }
            let refusal = try await Self.refusal(of: ["_id": 1, "name": 5], in: "old", store)
            #expect((reason == nil) == (refusal == 121))
            for collection in ["new", "old"] {
                #expect(try await Self.refusal(of: ["_id": 2, "name": "a"], in: collection, store) == nil)
                #expect(try await Self.refusal(of: ["_id": 3, "name": "a"], in: collection, store) == 11000)
            }
        }
    }

    @Test("One live booking of a rider on a departure, one open session of an account")
    func uniqueness() async throws {
        try await EngineServer.standalone.withStore { store in
            try await Self.schema(store, "first").prepare()
            let cancelled: BSONDocument = ["live": nil, "state": "cancelled", "cancelled_at": 1]
            let ended: BSONDocument = ["open": nil, "ending": "closed", "ended_at": 1]
            let cases: [(String, BSONDocument, [BSONDocument], BSONDocument)] = [
                ("bookings", Self.booking, [["_id": "t_2"], ["_id": "t_3"], ["_id": "t_4"]], cancelled),
                (
                    "sessions", Self.session,
                    (1...3).map { ["_id": .binary(Data(repeating: $0, count: 32))] }, ended
                ),
            ]
            for (collection, document, ids, closing) in cases {
                #expect(try await Self.refusal(of: document, in: collection, store) == nil)
                #expect(try await Self.refusal(of: Self.changed(document, ids[0]), in: collection, store) == 11000)
                for id in ids.dropFirst() {
                    let closed = Self.changed(Self.changed(document, id), closing)
                    #expect(try await Self.refusal(of: closed, in: collection, store) == nil, "of closed ones many")
                }
            }
            #expect(try await Self.refusal(of: Self.departure, in: "departures", store) == nil)
            let twin = Self.changed(Self.departure, ["_id": "d_2"])
            #expect(try await Self.refusal(of: twin, in: "departures", store) == 11000, "a bus has one departure a date")
        }
    }
}

/// A clock on which whatever is waited for happens at the first wait.
private struct Waiting: SteadyClock {
    let happens: @Sendable () async throws -> Void

    func now() -> Duration { .zero }

    func sleep(for time: Duration) async throws {
        try await happens()
    }
}
