import CommandBus
import Foundation
import Testing
import WSTransport

@Suite struct AsyncAPIDocumentTests {
    private enum Lend: Command {
        struct Input: Codable, Sendable {
            let book: BusID
            let days: PageLimit?
        }
        struct Output: Codable, Sendable {
            let until: Timestamp
        }

        static let name = "books.lend"
        static let route = RESTRoute.post("/v1/books/{book}/loans")
        static let access = Access.roles([.rider])
        static let windows: Set<ServiceWindow>? = [.ticketing]
        static let cost = CostClass.write
        static let idempotency = IdempotencyRule.required
        static let status = 201
        static let summary = "Lends a book."
        static let example = Input(book: .init(trusted: "bus_1"), days: nil)
    }

    private enum Close: Command {
        typealias Input = NoInput
        typealias Output = NoOutput

        static let name = "library.close"
        static let route = RESTRoute.delete("/v1/library")
        static let access = Access.anyone
        static let cost = CostClass.write
        static let idempotency = IdempotencyRule.none
        static let status = 204
        static let summary = "Closes the library."
        static let example = NoInput()
    }

    /// The commands here are only described, never run.
    private struct NoStore: CommandStore {
        struct Snapshot {}

        struct Transaction: WorkRecords {
            func idempotencyRecord(scope: String, key: IdempotencyKey) -> IdempotencyRecord? { nil }
            func insert(_ record: IdempotencyRecord, scope: String, key: IdempotencyKey, at: Timestamp) {}
            func append(_ events: [DomainEvent], at: Timestamp) {}
            func append(_ entries: [AuditEntry]) {}
            func enqueue(_ mail: [EnqueuedMail], at: Timestamp) {}
        }

        func read<Value: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Value) async throws -> Value {
            try body(Snapshot())
        }

        func transact<Value: Sendable>(_ unit: TransactionUnit<Transaction, Value>) async throws -> Value {
            try unit.perform(Transaction())
        }
    }

    private static let document: JSONValue = {
        let feeds = FeedHub(epoch: "t1")
        var registry = CommandRegistry(
            store: NoStore(), publisher: WorkPublisher(feeds: feeds, sessions: SessionEnds())
        )
        registry.answer(Lend.self) { _, context in .init(until: context.now) }
        registry.answer(Close.self) { _, _ in NoOutput() }
        let topic = FeedTopic(
            name: "loans", access: .signedIn, filters: ["book"], summary: "Who has which book.", change: Lend.Output.self,
            snapshot: { _, _ in [Lend.Output]() }
        )
        let data = AsyncAPIDocument.make(table: registry.table(), topics: [topic], version: "1.2")
        if let path = ProcessInfo.processInfo.environment["FAREBUS_TEST_ASYNCAPI"] {
            try? data.write(to: URL(filePath: path))
        }
        return (try? WireJSON.decode(JSONValue.self, from: data)) ?? .null
    }()

    @Test func everyCommandIsAnOperationWithItsReply() throws {
        #expect(Self.document["asyncapi"] == "3.0.0")
        let operation = try #require(Self.document["operations"]?["books.lend"])
        #expect(operation["action"] == "receive")
        #expect(operation["x-windows"] == ["ticketing"])
        #expect(
            operation["reply"]?["messages"] == [
                ["$ref": "#/channels/socket/messages/BooksLendReply"], ["$ref": "#/channels/socket/messages/Refusal"],
            ]
        )
        let frame = try #require(Self.document["components"]?["messages"]?["BooksLend"]?["payload"])
        #expect(frame["properties"]?["cmd"] == ["const": "books.lend"])
        #expect(frame["required"] == ["id", "cmd", "input", "key"])
        let reply = Self.document["components"]?["messages"]?["LibraryCloseReply"]?["payload"]
        #expect(reply?["properties"]?["output"] == nil)
    }

    @Test func everyTopicIsASubscriptionWithItsEvents() throws {
        let operations = try #require(Self.document["operations"])
        #expect(operations["subscribe.loans"]?["action"] == "receive")
        #expect(operations["events.loans"]?["action"] == "send")
        let frame = Self.document["components"]?["messages"]?["LoansSubscribe"]?["payload"]
        #expect(frame?["properties"]?["filter"]?["properties"] == ["book": ["type": "string"]])
    }

    @Test func everyReferenceLeadsSomewhere() {
        func references(_ value: JSONValue) -> [String] {
            switch value {
            case .object(let members):
                members.flatMap { key, value -> [String] in
                    if key == "$ref", case .string(let target) = value { return [target] }
                    return references(value)
                }
            case .array(let values): values.flatMap(references)
            default: []
            }
        }
        let found = references(Self.document)
        #expect(!found.isEmpty)
        for target in found {
            let value = target.split(separator: "/").dropFirst().reduce(Optional(Self.document)) { $0?[String($1)] }
            #expect(value != nil, "\(target)")
        }
    }
}
