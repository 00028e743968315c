import Foundation
import NIOCore

/// Measures all cases in turn, several times over, so that a slow second of the machine is shared by all of them.
struct Suite {
    struct Plan {
        let connections: Int
        let pipeline: Int
        /// For each case, over all rounds.
        let seconds: Double
        let rounds: Int
    }

    struct Result {
        let measured: [Fleet.Case: LoadRun.Outcome]
        let cancels: LoadRun.Outcome
    }

    let plan: Plan
    let findings: Preparation.Findings
    let fleet: NIOLoopBound<Fleet>
    let loop: any EventLoop

    static func cases(pipeline: Int) -> [Fleet.Case] {
        let depths: [(Fleet.Case.Transport, Int)] =
            [(.rest, 1)] + (pipeline > 1 ? [(.rest, pipeline)] : []) + [(.socket, min(pipeline, 8))]
        return depths.flatMap { transport, depth in
            Fleet.Case.Kind.allCases.map { Fleet.Case(transport: transport, depth: depth, kind: $0) }
        }
    }

    func run() async throws -> Result {
        let cases = Self.cases(pipeline: plan.pipeline)
        var measured = Dictionary(uniqueKeysWithValues: cases.map { ($0, LoadRun.Outcome()) })
        var cancels = LoadRun.Outcome()
        let slice = plan.seconds / Double(plan.rounds)
        var batch = 0
        // The first round warms up connections, caches and the branch predictor, and is thrown away.
        for round in 0...plan.rounds {
            for chosen in cases {
                let time = round == 0 ? min(0.2, slice) : slice
                if chosen.kind == .book {
                    try await book(chosen, for: time, batch: &batch, counted: round > 0, &measured, &cancels)
                } else {
                    let outcome = try await loop.flatSubmit {
                        fleet.value.measure(chosen, for: .nanoseconds(Int64(time * 1e9)))
                    }.get()
                    if round > 0 { measured[chosen]?.add(outcome) }
                }
            }
        }
        return Result(measured: measured, cancels: cancels)
    }

    /// Books in batches until the time is filled; between them, off the clock, everything is given back.
    func book(
        _ chosen: Fleet.Case, for seconds: Double, batch: inout Int, counted: Bool,
        _ measured: inout [Fleet.Case: LoadRun.Outcome], _ cancels: inout LoadRun.Outcome
    ) async throws {
        var left = seconds
        // Bounded, should batches be so small that they never fill the time.
        for _ in 0..<200 where left > 0.001 {
            batch += 1
            let pairs = BookingPlan(
                findings.world, wallets: findings.wallets, taken: findings.taken, rotation: batch * 37
            )
            guard pairs.count > 0 else { throw LoadFailure("no rider can pay for a seat; start with fresh demo data") }
            let (number, time) = (batch, TimeAmount.nanoseconds(Int64(left * 1e9)))
            let outcome = try await loop.flatSubmit { fleet.value.book(pairs, batch: number, chosen, for: time) }.get()
            left -= outcome.seconds
            let returned = try await giveBack(outcome)
            if counted {
                measured[chosen]?.add(outcome)
                cancels.add(returned)
            }
        }
    }

    private func giveBack(_ booked: LoadRun.Outcome) async throws -> LoadRun.Outcome {
        let calls = try booked.kept.compactMap { call, body -> Call? in
            guard case .book(let rider, _, let key) = call else { return nil }
            return .cancel(rider: rider, booking: try BookingReply.id(in: body), key: key)
        }
        return try await loop.flatSubmit { fleet.value.sendAll(calls) }.get()
    }
}

/// The booking in an answer, be it a body or a frame.
enum BookingReply {
    static func id(in answer: ByteBuffer) throws -> String {
        let data = Data(answer.readableBytesView)
        if let frame = try? JSONDecoder().decode(Frame.self, from: data) { return frame.output.id }
        return try JSONDecoder().decode(Body.self, from: data).id
    }

    private struct Body: Decodable {
        let id: String
    }

    private struct Frame: Decodable {
        let output: Body
    }
}

extension LoadRun.Outcome {
    /// Adds what was measured; the answers themselves are not kept.
    mutating func add(_ other: LoadRun.Outcome) {
        samples.add(other.samples)
        answers += other.answers
        seconds += other.seconds
    }

    var rate: Double { seconds > 0 ? Double(answers) / seconds : 0 }
}
