import Foundation
import Support
import Testing

extension EndToEnd {
    /// From nobody to a rider with a session, and from one device to the next.
    @Suite(.timeLimit(.minutes(2)))
    struct Registration {
        @Test("A rider registers by a mailed code, and signs in on a new device, which ends the session before")
        func registerAndSignIn() async throws {
            // With the limits that everybody gets: one person must not run into them.
            try await EndToEnd.onDemo("register", environment: [:]) { demo in
                let socket = try await SocketDoor.open(demo.server, token: nil)
                try await walk(demo, RESTDoor(server: demo.server, token: nil), email: "asha@example.test")
                try await walk(demo, socket, email: "ravi@example.test")
                await socket.close()
            }
        }

        private func walk(_ demo: Demo, _ door: any Door, email: String) async throws {
            let mail = LocalMail(demo.server)
            let password = "violet-harbour-tram-27"

            let started = try await door.send(.post("registration.start", "/v1/registrations", ["email": email]))
            #expect(started.status == 202)
            let challenge = try #require(started.json["challenge"].string)
            let welcome = try await mail.code(to: email)
            let wrong = try await door.send(verification(challenge, Self.otherThan(welcome.code)))
            #expect(wrong.status == 401)
            #expect(wrong.code == "invalid_code")
            let verified = try await door.send(verification(challenge, welcome.code))
            #expect(verified.status == 200)
            let registration = try #require(verified.json["registration"].string)
            #expect(try await door.send(verification(challenge, welcome.code)).code == "code_expired", "a code is used once")
            let completed = try await door.send(
                .post(
                    "registration.complete", "/v1/accounts",
                    ["registration": registration, "name": "Asha Rao", "rollNumber": "2026-CS-042", "password": password]
                )
            )
            #expect(completed.status == 201)
            #expect(completed.json["role"].string == "rider")
            let firstToken = try #require(completed.json["token"].string)
            let first = RESTDoor(server: demo.server, token: firstToken)
            #expect(try await first.send(.session).json["account"] == completed.json["account"])
            #expect(try await first.send(.wallet).json["balance"]["amount"].int == 40_000, "the welcome credit")

            // What hangs on the first session, to be cut off by the next one.
            let watcher = try await SocketDoor.open(demo.server, token: first.token)
            #expect(try await watcher.send(.session).status == 200)
            let bus = try #require(try await demo.departures().first)
            let stream = try await SeatsStream.open(demo.server, token: first.token, departure: bus.id)
            #expect(try await stream.next().kind == "snapshot")

            var credentials = ["email": email, "password": password]
            let opened = try await door.send(.post("session.open", "/v1/sessions", credentials))
            #expect(opened.status == 200)
            #expect(opened.json["token"].string == nil, "a new device needs the second factor")
            let second = try #require(opened.json["challenge"].string)
            #expect(try await first.send(.session).status == 200, "a password alone ends nothing")
            let letter = try await mail.code(to: email, read: [welcome.letter])
            let signedIn = try await door.send(
                .post(
                    "session.verify", "/v1/sessions/verify", input: SecondFactor(challenge: second, code: letter.code)
                )
            )
            #expect(signedIn.status == 200)
            let nextToken = try #require(signedIn.json["token"].string)
            let next = RESTDoor(server: demo.server, token: nextToken)
            #expect(try await next.send(.wallet).status == 200)

            let refused = try await first.send(.wallet)
            #expect(refused.status == 401)
            #expect(refused.code == "session_replaced")
            #expect(try await watcher.closeCode() == 4101)
            let bye = try await stream.next()
            #expect(bye.kind == "bye")
            #expect(bye.data["reason"].string == "session_replaced")
            try await stream.expectEnd()

            // The device is known now, and is given another secret.
            let device = try #require(signedIn.json["device"].string)
            credentials["device"] = device
            let again = try await door.send(.post("session.open", "/v1/sessions", credentials))
            #expect(again.status == 200)
            #expect(again.json["token"].string != nil)
            #expect(again.json["device"].string != nil && again.json["device"].string != device)
            #expect(try await next.send(.wallet).code == "session_replaced")
        }

        private func verification(_ challenge: String, _ code: String) -> Ask {
            .post("registration.verify", "/v1/registrations/verify", ["challenge": challenge, "code": code])
        }

        private static func otherThan(_ code: String) -> String {
            code == "00000000" ? "00000001" : "00000000"
        }
    }
}
