import Foundation
import Testing

extension Door {
    /// Makes an account by a mailed code, the short way.
    ///
    /// - Returns: its session's token.
    func register(_ email: String, _ mail: LocalMail) async throws -> String {
        let started = try await send(.post("registration.start", "/v1/registrations", ["email": email]))
        let challenge = try #require(started.json["challenge"].string)
        let verified = try await send(
            .post(
                "registration.verify", "/v1/registrations/verify",
                ["challenge": challenge, "code": try await mail.code(to: email).code]
            )
        )
        let registration = try #require(verified.json["registration"].string)
        let completed = try await send(
            .post(
                "registration.complete", "/v1/accounts",
                [
                    "registration": registration, "name": "Asha Rao", "rollNumber": "2026-CS-042",
                    "password": "violet-harbour-tram-27",
                ]
            )
        )
        return try #require(completed.json["token"].string)
    }
}
