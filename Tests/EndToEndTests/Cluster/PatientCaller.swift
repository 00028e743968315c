import Foundation
import Support
import Synchronization

extension Answer {
    /// Nothing was done, or nobody knows: the same key is to be sent again.
    var isPassing: Bool { status == 503 || status == 429 }
}

extension Door {
    /// Sends it, and again with the same key for as long as the answer says so.
    func persist(_ ask: Ask, key: String? = nil, seconds: Double = 60) async throws -> Answer {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let answer = try await send(ask, key: key)
            guard answer.isPassing, .now < end else { return answer }
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...200)))
        }
    }
}

/// A rider's client that is told to retry, and does: whatever happens to an instance, the command is sent to another one,
/// over either transport, with the same key.
final class PatientCaller: Sendable {
    /// One of the six ways to a cluster of three.
    private struct Way: Hashable {
        let instance: Cluster.Instance
        let isSocket: Bool
    }

    private static let ways = Cluster.Instance.allCases.flatMap { instance in
        [false, true].map { Way(instance: instance, isSocket: $0) }
    }

    let rider: Int
    private let cluster: Cluster
    /// Open ways, and the life of the instance that each leads to.
    private let doors = Mutex<[Way: (pid: Int32, door: any Door)]>([:])
    /// How often it had to ask again, by the reason.
    private let retries = Mutex<[String: Int]>([:])

    init(_ cluster: Cluster, rider: Int) {
        self.cluster = cluster
        self.rider = rider
    }

    var reasons: [String: Int] { retries.withLock { $0 } }

    /// Sends it until there is an answer that is one.
    ///
    /// - Parameters:
    ///   - start: which way is tried first.
    ///   - seconds: how long it may take until a retry has mended what went wrong.
    /// - Throws: ``NotMended``; what an instance that lives does not answer in time (``DeadlinePassed``).
    func insist(_ ask: Ask, key: String? = nil, startingAt start: Int, seconds: Double = 90) async throws -> Answer {
        let end = ContinuousClock.now + .seconds(seconds)
        var (attempt, last) = (start, "")
        while .now < end {
            let way = Self.ways[attempt % Self.ways.count]
            attempt += 1
            do {
                let answer = try await door(way).send(ask, key: key)
                guard answer.isPassing else { return answer }
                last = "\(answer.status) \(answer.code ?? "")"
            } catch let error as DeadlinePassed {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch {
                last = "\(type(of: error))"
                doors.withLock { _ = $0.removeValue(forKey: way) }
            }
            retries.withLock { $0[last, default: 0] += 1 }
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...250)))
        }
        throw NotMended(command: ask.command, last: last)
    }

    private func door(_ way: Way) async throws -> any Door {
        let pid = try cluster[way.instance].process.pid
        if let (known, door) = doors.withLock({ $0[way] }), known == pid { return door }
        let demo = try cluster.demo(way.instance)
        let door: any Door = way.isSocket ? try await demo.socket(rider) : try demo.rest(rider)
        doors.withLock { $0[way] = (pid, door) }
        return door
    }

    /// A retry with the same key did not help.
    struct NotMended: Error {
        let command: String
        let last: String
    }
}
