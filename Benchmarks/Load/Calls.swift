import Foundation
import NIOCore

/// One request of the load, whatever carries it.
enum Call {
    /// A plain read by path, for what the driver needs to know before it begins.
    case get(path: String, rider: Int)
    /// The no-op: through the whole house, but no work in it.
    case live
    /// The read.
    case show(departure: Int)
    /// The durable write.
    case book(rider: Int, departure: Int, key: String)
    /// Gives the seat and the fare back, so that the next batch has some.
    case cancel(rider: Int, booking: String, key: String)
    /// A command of nobody who is signed in, as a proxy passes it on for a client.
    case post(path: String, body: String, client: String?)

    func accepts(_ status: Int) -> Bool {
        switch self {
        case .book: status == 201
        case .get, .live, .show, .cancel: status == 200 || status == 204
        // Refusals are what is looked for.
        case .post: status < 500
        }
    }
}

/// What the server and the driver share: who books what, and how a call is spelled on each transport.
struct World {
    let host: String
    /// Session tokens, in the order of the riders.
    let tokens: [String]
    let departures: [Departure]
    /// Makes the keys of this run unlike those of any other.
    let runID = String(UInt64.random(in: 0 ... .max), radix: 36)

    struct Departure: Decodable {
        let id: String
        let departsAt: String
        let capacity: Int
        let seatsLeft: Int
        let fare: Money
        let state: String
    }

    struct Money: Decodable {
        let amount: Int
        let currency: String
    }

    /// Writes an HTTP/1.1 request.
    func writeRequest(_ call: Call, to buffer: inout ByteBuffer) {
        switch call {
        case .get(let path, let rider):
            buffer.writeString("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer \(tokens[rider])\r\n\r\n")
        case .live:
            buffer.writeString("GET /health/live HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        case .show(let departure):
            let (id, token) = (departures[departure].id, tokens[departure % tokens.count])
            buffer.writeString(
                "GET /v1/departures/\(id) HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer \(token)\r\n\r\n"
            )
        case .book(let rider, let departure, let key):
            let body = #"{"departure":"\#(departures[departure].id)"}"#
            writePost("/v1/bookings", body: body, rider: rider, key: "b-\(runID)-\(key)", to: &buffer)
        case .cancel(let rider, let booking, let key):
            writePost("/v1/bookings/\(booking)/cancel", body: "{}", rider: rider, key: "c-\(runID)-\(key)", to: &buffer)
        case .post(let path, let body, let client):
            let forwarded = client.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
            buffer.writeString(
                "POST \(path) HTTP/1.1\r\nHost: \(host)\r\n\(forwarded)Content-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
        }
    }

    private func writePost(_ path: String, body: String, rider: Int, key: String, to buffer: inout ByteBuffer) {
        buffer.writeString(
            "POST \(path) HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer \(tokens[rider])\r\n"
                + "Content-Type: application/json\r\nIdempotency-Key: \(key)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    /// The text of a frame; its `id` is a number.
    func frame(_ call: Call, id: Int) -> String {
        switch call {
        case .get, .post:
            preconditionFailure("the driver goes by path over REST only")
        case .live:
            #"{"id":"\#(id)","cmd":"health.live","input":{}}"#
        case .show(let departure):
            #"{"id":"\#(id)","cmd":"departures.show","input":{"id":"\#(departures[departure].id)"}}"#
        case .book(_, let departure, let key):
            #"{"id":"\#(id)","cmd":"bookings.create","key":"b-\#(runID)-\#(key)","#
                + #""input":{"departure":"\#(departures[departure].id)"}}"#
        case .cancel(_, let booking, let key):
            #"{"id":"\#(id)","cmd":"bookings.cancel","key":"c-\#(runID)-\#(key)","input":{"id":"\#(booking)"}}"#
        }
    }
}

/// An answer was not what the load counts on.
struct LoadFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
