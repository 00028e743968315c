import Foundation

/// A command that a test sends, in the words of both transports.
struct Ask: Sendable {
    let command: String
    /// The input as a frame carries it.
    let input: String
    let method: String
    let path: String
    /// What is left of the input for the body, once path and query have taken theirs.
    let body: String?

    static func departures(after: String?) -> Ask {
        let query = after.map { "&after=\($0)" } ?? ""
        let input = after.map { #"{"limit":200,"after":"\#($0)"}"# } ?? #"{"limit":200}"#
        return Ask(
            command: "departures.list", input: input, method: "GET", path: "/v1/departures?limit=200\(query)", body: nil
        )
    }

    static func departure(_ id: String) -> Ask {
        Ask(command: "departures.show", input: #"{"id":"\#(id)"}"#, method: "GET", path: "/v1/departures/\(id)", body: nil)
    }

    static func book(_ departure: String) -> Ask {
        let input = #"{"departure":"\#(departure)"}"#
        return Ask(command: "bookings.create", input: input, method: "POST", path: "/v1/bookings", body: input)
    }

    static func cancel(_ booking: String) -> Ask {
        Ask(
            command: "bookings.cancel", input: #"{"id":"\#(booking)"}"#, method: "POST",
            path: "/v1/bookings/\(booking)/cancel", body: "{}"
        )
    }

    static func booking(_ id: String) -> Ask {
        Ask(command: "bookings.show", input: #"{"id":"\#(id)"}"#, method: "GET", path: "/v1/bookings/\(id)", body: nil)
    }

    static let bookings = Ask(
        command: "bookings.list", input: #"{"limit":200}"#, method: "GET", path: "/v1/bookings?limit=200", body: nil
    )
    static let liveBookings = Ask(
        command: "bookings.list", input: #"{"limit":200,"state":"booked"}"#, method: "GET",
        path: "/v1/bookings?limit=200&state=booked", body: nil
    )
    static let wallet = Ask(command: "wallet.show", input: "{}", method: "GET", path: "/v1/wallet", body: nil)
    static let session = Ask(
        command: "session.show", input: "{}", method: "GET", path: "/v1/sessions/current", body: nil
    )

    /// A command whose whole input is its body.
    static func post(_ command: String, _ path: String, _ fields: [String: String]) -> Ask {
        post(command, path, input: fields)
    }

    /// A command whose whole input is its body, and is more than texts.
    static func post(_ command: String, _ path: String, input fields: some Encodable) -> Ask {
        let data = try? JSONEncoder().encode(fields)
        let input = String(decoding: data ?? Data(), as: UTF8.self)
        return Ask(command: command, input: input, method: "POST", path: path, body: input)
    }
}

/// The answer to the challenge of a sign-in, on a device that is to be remembered.
struct SecondFactor: Encodable {
    let challenge: String
    let code: String
    var remember = true
}

/// What came of it: the same on both transports.
struct Answer: Sendable {
    let status: Int
    /// The output or the problem, byte for byte; empty with 204.
    let body: Data
    /// The feed position that the command produced.
    let position: String?

    var json: JSON { JSON(body) }
    /// The stable name of a problem.
    var code: String? { json["code"].string }
}

/// A way to the server with a session: REST or a socket.
protocol Door: Sendable {
    func send(_ ask: Ask, key: String?) async throws -> Answer
}

extension Door {
    func send(_ ask: Ask) async throws -> Answer { try await send(ask, key: nil) }
}
