import CommandBus
import Foundation
import Support
import Testing

@Suite("Trace ids")
struct TraceTests {
    private let bus: CommandBus
    private static let given = "0af7651916cd43dd8448eb211c80319c"

    init() async throws {
        bus = try await StoreFixture("trace").bus { $0.registerTestCommands() }
    }

    private static func isTrace(_ text: String) -> Bool {
        text.utf8.count == 32 && text.allSatisfy { "0123456789abcdef".contains($0) } && text.contains { $0 != "0" }
    }

    @Test("A new one is 32 hexadecimal digits, and no other has been the same")
    func new() {
        let traces = (0..<1000).map { _ in bus.makeTrace() }
        #expect(traces.allSatisfy(Self.isTrace))
        #expect(Set(traces).count == 1000)
    }

    @Test("A client's own is taken over")
    func taken() {
        #expect(bus.trace(from: "00-\(Self.given)-b7ad6b7169203331-01") == Self.given)
        #expect(bus.trace(from: "00-\(Self.given)-b7ad6b7169203331-00") == Self.given)
    }

    @Test(
        "A malformed one is not",
        arguments: [
            nil, "", given, "00-\(given)", "00-\(given)-b7ad6b7169203331", "00-\(given)-b7ad6b7169203331-01-x",
            "01-\(given)-b7ad6b7169203331-01", "ff-\(given)-b7ad6b7169203331-01",
            "00-\(given.uppercased())-b7ad6b7169203331-01",
            "00-\(given.dropLast())-b7ad6b7169203331-01", "00-\(given)0-b7ad6b7169203331-01",
            "00-\(String(repeating: "0", count: 32))-b7ad6b7169203331-01", "00-\(given.dropLast())\"-b7ad6b7169203331-01",
        ])
    func malformed(traceparent: String?) {
        let trace = bus.trace(from: traceparent)
        #expect(trace != Self.given)
        #expect(Self.isTrace(trace))
    }

    @Test("A problem carries the trace of its call")
    func problem() async throws {
        let reply = try await bus.send("whoami", trace: "abc")
        #expect(reply.problem?.trace == "abc")
    }
}
