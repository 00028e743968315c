import Foundation
import Testing

@testable import CommandBus

@Suite("Problems on the wire")
struct ProblemTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"

    private static func body(_ problem: Problem) -> String {
        String(decoding: problem.body(trace: trace), as: UTF8.self)
    }

    @Test("A problem is exactly these bytes")
    func golden() {
        #expect(
            Self.body(.notFound("departure")) == """
                {"code":"not_found","detail":"There is no such departure.","retry":"never","status":404,\
                "title":"Not found","trace":"0af7651916cd43dd8448eb211c80319c","type":"urn:farebus:problem:not_found"}
                """
        )
        #expect(
            Self.body(.invalid([.init(pointer: "/a~1b", detail: "is required"), .init(pointer: "", detail: "is \"odd\"")]))
                == """
                {"code":"invalid_input","detail":"2 rules are broken; 'errors' names each.","errors":\
                [{"detail":"is required","pointer":"/a~1b"},{"detail":"is \\"odd\\"","pointer":""}],"retry":"never",\
                "status":422,\
                "title":"The input is not valid","trace":"0af7651916cd43dd8448eb211c80319c",\
                "type":"urn:farebus:problem:invalid_input"}
                """
        )
        #expect(
            Self.body(.storeUnavailable) == """
                {"code":"store_unavailable","detail":"The outcome is unknown: repeat with the same idempotency key.",\
                "retry":"same_key","status":503,"title":"The store can't be reached",\
                "trace":"0af7651916cd43dd8448eb211c80319c","type":"urn:farebus:problem:store_unavailable"}
                """
        )
    }

    @Test("A reply carries what belongs into the headers")
    func reply() {
        let problem = Problem(.methodNotAllowed, "Only GET.", retryAfter: 7, allow: ["GET", "PUT"])
        let reply = CommandReply.failure(problem, trace: Self.trace)
        #expect(reply.status == 405)
        #expect(reply.isProblem)
        #expect(!reply.isReplay)
        #expect(reply.retryAfter == 7)
        #expect(reply.allow == ["GET", "PUT"])
        #expect(reply.position == nil)
    }

    @Test("A success without content has no bytes")
    func noContent() throws {
        #expect(try CommandReply.success(status: 204, output: NoOutput()).body.isEmpty)
        #expect(try CommandReply.success(status: 200, output: NoOutput()).body == Data("{}".utf8))
    }

    @Test(
        "Every 5xx says that the outcome is unknown",
        arguments: [
            Problem.Code.internalError, .storeUnavailable, .maintenance, .stopping,
        ])
    func outcomeUnknown(code: Problem.Code) {
        #expect(code.status >= 500)
        #expect(code.retry == .sameKey)
    }

    @Test("JSON has sorted keys and plain slashes")
    func wireJSON() throws {
        #expect(
            String(decoding: try WireJSON.encode(["b/é": 1, "a": 2]), as: UTF8.self) == #"{"a":2,"b/é":1}"#
        )
    }
}
