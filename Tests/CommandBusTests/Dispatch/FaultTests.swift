import CommandBus
import Foundation
import Support
import Testing

/// A command whose handler does what the test wants of it.
private enum Break: Command {
    typealias Input = NoInput
    typealias Output = NoOutput

    static let name = "break.it"
    static let route = RESTRoute.post("/v1/break")
    static let access = Access.anyone
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.none
    static let status = 204
    static let summary = "Breaks."
    static let example = NoInput()
}

private struct SecretFault: Error, CustomStringConvertible {
    let description = "password=hunter2 at /srv/farebus/store.swift:12"
}

@Suite("What goes wrong inside is not told outside")
struct FaultTests {
    private let fixture: StoreFixture
    private let log = LogBook()

    init() async throws {
        fixture = try await StoreFixture("faults")
    }

    private func bus(_ register: (inout CommandRegistry<StoreFixture.Store>) -> Void) -> CommandBus {
        let log = log
        return fixture.bus(logger: log.logger, register)
    }

    private static let internalError = """
        {"code":"internal_error","detail":"Something went wrong on the server. The outcome is unknown: repeat with the same \
        idempotency key.","retry":"same_key","status":500,"title":"Internal error",\
        "trace":"0af7651916cd43dd8448eb211c80319c","type":"urn:farebus:problem:internal_error"}
        """

    @Test("A fault is an internal error, whatever kind of handler it comes from")
    func faults() async throws {
        let buses = [
            bus { $0.answer(Break.self) { _, _ in throw SecretFault() } },
            bus { $0.read(Break.self) { _, _, _ in throw SecretFault() } },
            bus { $0.write(Break.self) { _, _ in throw SecretFault() } },
            bus { registry in
                registry.write(Break.self, prepare: { _, _ in throw SecretFault() }, perform: { _, _, _ in NoOutput() })
            },
        ]
        for bus in buses {
            let reply = try await bus.send("break.it")
            #expect(reply.status == 500)
            #expect(reply.text == Self.internalError)
        }
        #expect(log.lines.count == 4)
        for line in log.lines {
            #expect(line.contains("break.it failed"))
            #expect(line.contains("0af7651916cd43dd8448eb211c80319c"), "the log knows the trace that the client was told")
            #expect(line.contains("hunter2"), "the log says what it was")
        }
    }

    @Test("A refusal is told, and is no fault")
    func refusals() async throws {
        let bus = bus { $0.answer(Break.self) { _, _ in throw Problem.notFound("luck") } }
        let reply = try await bus.send("break.it")
        #expect(reply.problem?.detail == "There is no such luck.")
        #expect(log.lines.isEmpty)
    }

    @Test("A store that can't be reached is told, and logged")
    func storeUnavailable() async throws {
        let bus = bus { $0.answer(Break.self) { _, _ in throw Problem.storeUnavailable } }
        let reply = try await bus.send("break.it")
        #expect(reply.status == 503)
        #expect(reply.retryAfter == 2)
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("store_unavailable") == true)
    }

    @Test("Nothing is said about a success")
    func success() async throws {
        let bus = bus { $0.answer(Break.self) { _, _ in NoOutput() } }
        let reply = try await bus.send("break.it")
        #expect(reply.status == 204)
        #expect(reply.body.isEmpty)
        #expect(log.lines.isEmpty)
    }
}
