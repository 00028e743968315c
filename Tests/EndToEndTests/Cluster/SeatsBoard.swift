import Foundation
import Support
import Synchronization

/// A screen with the seats of all departures, kept by a feed alone.
final class SeatsBoard: Sendable {
    private struct State {
        var seats: [String: Int] = [:]
        var gaps = 0
        var failure: (any Error)?
    }

    private struct Line: Decodable {
        let departure: String
        let seatsLeft: Int
    }

    private struct Snapshot: Decodable {
        let departures: [Line]
    }

    /// What is shown; apart, so that whoever reads the stream does not keep the board alive.
    private let state = Box()
    private let client: HTTPTestClient
    private let reading: Task<Void, Never>

    /// Opens a stream at an instance, and keeps reading it.
    static func open(at server: ServerProcess, token: String) async throws -> SeatsBoard {
        // A comment comes every 15 s.
        let client = try await HTTPTestClient.connect(port: server.port, seconds: 30)
        let events = try await client.stream("/v1/feeds/seats", headers: [("Authorization", "Bearer \(token)")])
        return SeatsBoard(client: client, events: events)
    }

    private init(client: HTTPTestClient, events: SSETestStream) {
        self.client = client
        let state = state
        reading = Task {
            do {
                while let event = try await events.next() { try state.take(event) }
                state.fail(FeedEnded())
            } catch {
                state.fail(error)
            }
        }
    }

    deinit {
        reading.cancel()
        client.close()
    }

    /// What it shows.
    ///
    /// - Throws: what has ended the stream.
    var seats: [String: Int] {
        get throws {
            let state = state.now
            if let failure = state.failure { throw failure }
            return state.seats
        }
    }

    /// How often it was told that it may have missed something.
    var gaps: Int { state.now.gaps }

    private final class Box: Sendable {
        private let state = Mutex(State())

        var now: State { state.withLock { $0 } }

        func take(_ event: SSETestStream.Event) throws {
            switch event.event {
            case "snapshot":
                let lines = try event.decode(Snapshot.self).departures
                state.withLock { $0.seats = Dictionary(lines.map { ($0.departure, $0.seatsLeft) }) { $1 } }
            case "change":
                let line = try event.decode(Line.self)
                state.withLock { $0.seats[line.departure] = line.seatsLeft }
            case "gap": state.withLock { $0.gaps += 1 }
            default: throw FeedGoesOn(event: event)
            }
        }

        func fail(_ error: any Error) {
            state.withLock { $0.failure = error }
        }
    }
}
