import Foundation
import Support
import Testing

extension EndToEnd {
    /// The secret of a store is lost, or somebody else knows it.
    @Suite(.timeLimit(.minutes(3)))
    struct SecretReplacement {
        private static let email = "asha@example.test"
        private static let settings = [
            "FAREBUS_CODES_PAUSE_BETWEEN_MAILS": "0", "FAREBUS_CODES_MAILS_PER_HOUR": "1000",
        ]

        @Test("A store gets another secret when no server works with it; devices need the second factor again then")
        func replaced() async throws {
            let place = try await ServerPlace("secret")
            var device = ""
            try await ServerProcess.with(in: place, demo: false, environment: Self.settings) { server in
                let (door, mail) = (RESTDoor(server: server, token: nil), LocalMail(server))
                _ = try await door.register(Self.email, mail)
                let read = Set(try mail.letters().map(\.lastPathComponent))
                let challenge = try #require(try await Self.open(door).json["challenge"].string)
                let code = try await mail.code(to: Self.email, read: read).code
                let verified = try await door.send(
                    .post("session.verify", "/v1/sessions/verify", input: SecondFactor(challenge: challenge, code: code))
                )
                device = try #require(verified.json["device"].string)
                let known = try await Self.open(door, device: device)
                device = try #require(known.json["device"].string, "the device is known")
                let besides = try await place.run(["admin", "replace-secret", "--yes"])
                #expect(besides.exit != .code(0), "beside a running server")
            }
            try FileManager.default.removeItem(at: place.data.appending(path: "secret.key"))
            let lost = try await place.run(["serve", "--host", "127.0.0.1", "--port", "0"])
            #expect(lost.exit != .code(0))
            #expect(lost.errors.contains("replace-secret"), "\(lost.errors)")
            let unsure = try await place.run(["admin", "replace-secret"])
            #expect(unsure.exit != .code(0))
            #expect(unsure.errors.contains("--yes"), "\(unsure.errors)")
            let done = try await place.run(["admin", "replace-secret", "--yes"])
            #expect(done.exit == .code(0), "\(done.errors)")
            try await ServerProcess.with(in: place, demo: false, environment: Self.settings) { server in
                let door = RESTDoor(server: server, token: nil)
                let opened = try await Self.open(door, device: device)
                #expect(opened.status == 200, "the password is as it was")
                #expect(opened.json["token"].string == nil)
                #expect(opened.json["factor"].string == "mail")
            }
            try await EndToEnd.expectClean(place)
        }

        @Test("Where no server has kept anything there is no secret to replace, and nothing is made")
        func nothingThere() async throws {
            let place = try await ServerPlace("no-secret")
            let refused = try await place.run(["admin", "replace-secret", "--yes"])
            #expect(refused.exit != .code(0))
            #expect(refused.errors.contains("no database") || refused.errors.contains("no secret"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: place.data.appending(path: "secret.key").path))
        }

        private static func open(_ door: RESTDoor, device: String? = nil) async throws -> Answer {
            var input = ["email": email, "password": "violet-harbour-tram-27"]
            input["device"] = device
            return try await door.send(.post("session.open", "/v1/sessions", input))
        }
    }
}
