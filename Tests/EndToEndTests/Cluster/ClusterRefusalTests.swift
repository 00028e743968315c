import Foundation
import Support
import Testing

extension EndToEnd {
    /// A server that does not fit into the cluster does not start, and says why.
    @Suite(.enabled(if: TestEngine.isMongoDB, "instances have their store in common"), .timeLimit(.minutes(3)))
    struct ClusterRefusal {
        @Test("One with another secret is told which file to be given")
        func otherSecret() async throws {
            let place = try await ServerPlace("secret")
            try await Self.prepare(place)
            let server = try await ServerProcess.start(in: place, demo: false)
            try await server.stop()
            let stranger = try ServerPlace("stranger", beside: place)
            try await Self.expectRefusal(of: stranger, saying: ["another secret", "--secret-key-file"])
        }

        @Test("Collections that a newer version has made are refused")
        func newerSchema() async throws {
            let place = try await ServerPlace("newer")
            try await Self.prepare(place)
            try await SchemaNote.change(at: place, version: 99)
            try await Self.expectRefusal(of: place, saying: ["version 99", "newer Farebus"])
            let check = try await place.run(["verify"])
            #expect(check.exit != .code(0))
        }

        @Test("Collections that are half made are refused, until the operator has had them finished")
        func halfMade() async throws {
            let place = try await ServerPlace("half")
            try await Self.prepare(place)
            try await SchemaNote.change(at: place, version: 0, isReady: false)
            // It waits for half a minute for whoever may be at it.
            try await Self.expectRefusal(of: place, saying: ["half made", "farebus store init"])
            try await Self.prepare(place)
            let server = try await ServerProcess.start(in: place, demo: false)
            try await server.stop()
        }

        @Test("MongoDB without Redis, and Redis without MongoDB, are refused", arguments: ["MONGODB_URI", "REDIS_URL"])
        func oneOfTwo(given: String) async throws {
            let place = try await ServerPlace("one")
            let missing = given == "REDIS_URL" ? "MONGODB_URI" : "REDIS_URL"
            try await Self.expectRefusal(of: place, without: missing, saying: [missing, "used together"])
        }

        private static func prepare(_ place: ServerPlace) async throws {
            let made = try await place.run(["store", "init"])
            #expect(made.exit == .code(0), "\(made.output)\(made.errors)")
        }

        private static func expectRefusal(
            of place: ServerPlace, without missing: String? = nil, saying words: [String],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            var environment = place.environment
            if let missing { environment[missing] = nil }
            let server = try await FarebusBinary.run(
                ["serve", "--host", "127.0.0.1", "--port", "0", "--data", place.data.path(percentEncoded: false)],
                environment: environment, seconds: 90
            )
            #expect(server.exit != .code(0), sourceLocation: sourceLocation)
            #expect(!server.output.contains("Listening"), sourceLocation: sourceLocation)
            for word in words {
                #expect(server.errors.contains(word), "\(server.errors)", sourceLocation: sourceLocation)
            }
        }
    }
}
