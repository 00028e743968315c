import Foundation

/// What was measured, for people and for machines.
struct Report: Codable {
    struct Row: Codable {
        let transport: String
        /// How many calls a connection had on its way.
        let depth: Int
        let call: String
        let answers: Int
        let seconds: Double
        let perSecond: Double
        let p50Milliseconds: Double
        let p99Milliseconds: Double
        /// The rate as a share of that of the no-op over the same transport, at the same depth, in the same run.
        let ofNoOp: Double
    }

    let connections: Int
    let cores: Int
    let rounds: Int
    let rows: [Row]
    /// Cancellations were not what was measured, but they were made all the same.
    let cancelsPerSecond: Double

    init(_ result: Suite.Result, plan: Suite.Plan) {
        connections = plan.connections
        rounds = plan.rounds
        cores = ProcessInfo.processInfo.activeProcessorCount
        rows = Suite.cases(pipeline: plan.pipeline).compactMap { chosen in
            guard let outcome = result.measured[chosen] else { return nil }
            let noOp = Fleet.Case(transport: chosen.transport, depth: chosen.depth, kind: .live)
            let base = result.measured[noOp]?.rate ?? 0
            let latencies = outcome.samples.percentiles([50, 99])
            return Row(
                transport: chosen.transport.rawValue, depth: chosen.depth, call: chosen.kind.rawValue,
                answers: outcome.answers, seconds: outcome.seconds, perSecond: outcome.rate,
                p50Milliseconds: latencies[0], p99Milliseconds: latencies[1],
                ofNoOp: base > 0 ? outcome.rate / base : 0
            )
        }
        cancelsPerSecond = result.cancels.rate
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func table() -> String {
        var lines = [
            "\(connections) connections, \(rounds) rounds, \(cores) cores shared by the server and this driver", "",
            line(["transport", "depth", "call", "answers", "per second", "p50 ms", "p99 ms", "of no-op"]),
        ]
        var group = ""
        for row in rows {
            let own = "\(row.transport)\(row.depth)"
            if own != group { lines.append(String(repeating: "-", count: 84)) }
            group = own
            lines.append(
                line([
                    row.transport, String(row.depth), row.call, String(row.answers), fixed(row.perSecond, 0),
                    fixed(row.p50Milliseconds, 2), fixed(row.p99Milliseconds, 2), fixed(row.ofNoOp, 2),
                ])
            )
        }
        lines += ["", "cancellations, not counted above: \(fixed(cancelsPerSecond, 0)) per second"]
        return lines.joined(separator: "\n")
    }

    private func line(_ columns: [String]) -> String {
        zip(columns, [-10, 6, -9, 10, 12, 10, 10, 10]).map { text, width in
            let padding = String(repeating: " ", count: max(0, abs(width) - text.count))
            return width < 0 ? text + padding : padding + text
        }.joined(separator: " ")
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}
