import Foundation

/// How well two sets of times can be told apart.
enum Distinction {
    /// The greatest distance between the distribution functions of two samples (Kolmogorov and Smirnov), from 0 to 1.
    static func distance(_ first: [Double], _ second: [Double]) -> Double {
        let (a, b) = (first.sorted(), second.sorted())
        var (i, j, greatest) = (0, 0, 0.0)
        while i < a.count, j < b.count {
            // All that are equal are passed at once, or ties would look like a distance.
            let value = min(a[i], b[j])
            while i < a.count, a[i] == value { i += 1 }
            while j < b.count, b[j] == value { j += 1 }
            greatest = max(greatest, abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)))
        }
        return greatest
    }

    /// The distance that samples of these sizes exceed in one of twenty cases although there is no difference.
    static func critical(_ first: Int, _ second: Int) -> Double {
        1.358 * (Double(first + second) / Double(first * second)).squareRoot()
    }

    /// How often somebody is right who learns the best threshold from one half of the times and applies it to the other.
    ///
    /// - Returns: from about 0.5, which is guessing, to 1.
    static func accuracy(_ first: [Double], _ second: [Double]) -> Double {
        func half(_ values: [Double], _ which: Int) -> [Double] {
            values.enumerated().filter { $0.offset % 2 == which }.map(\.element)
        }
        let scores = [0, 1].map { learning in
            let rule = threshold(half(first, learning), half(second, learning))
            return rule.score(half(first, 1 - learning), half(second, 1 - learning))
        }
        return (scores[0] + scores[1]) / 2
    }

    private struct Threshold {
        let value: Double
        /// Whether the first sample is the one below.
        let isFirstBelow: Bool

        func score(_ first: [Double], _ second: [Double]) -> Double {
            let right = first.count { ($0 <= value) == isFirstBelow } + second.count { ($0 <= value) != isFirstBelow }
            return Double(right) / Double(first.count + second.count)
        }
    }

    private static func threshold(_ first: [Double], _ second: [Double]) -> Threshold {
        let (a, b) = (first.sorted(), second.sorted())
        var (i, j) = (0, 0)
        var best = (gain: -1.0, threshold: Threshold(value: 0, isFirstBelow: true))
        while i < a.count || j < b.count {
            let value = min(i < a.count ? a[i] : .infinity, j < b.count ? b[j] : .infinity)
            while i < a.count, a[i] == value { i += 1 }
            while j < b.count, b[j] == value { j += 1 }
            let difference = Double(i) / Double(a.count) - Double(j) / Double(b.count)
            if abs(difference) > best.gain {
                best = (abs(difference), Threshold(value: value, isFirstBelow: difference > 0))
            }
        }
        return best.threshold
    }

    /// The smallest difference that would have been seen: how much later the answers of one sample would have to come for
    /// the distance to be beyond chance. In hundredths of a millisecond.
    static func sensitivity(_ times: [Double]) -> Double {
        let (first, second) = (
            times.enumerated().filter { $0.offset % 2 == 0 }.map(\.element),
            times.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        )
        // Halves of one sample differ by chance alone; half as many tries see no more than all of them.
        let bound = critical(first.count, second.count)
        for step in 1...10_000 {
            let shift = Double(step) / 100
            if distance(first, second.map { $0 + shift }) > bound { return shift }
        }
        return .infinity
    }
}

/// What was measured, for people and for machines.
struct TimingReport: Codable {
    struct Times: Codable {
        let statuses: [Int]
        /// The quantiles 5, 25, 50, 75, 95 and 99 %, in milliseconds.
        let quantiles: [Double]
    }

    struct Row: Codable {
        let name: String
        let known: Times
        let unknown: Times
        let distance: Double
        /// Beyond this a difference is hardly chance.
        let criticalDistance: Double
        let accuracy: Double
        /// The difference that would have been seen, in milliseconds.
        let sensitivityMilliseconds: Double

        init(_ name: String, known: [Double], unknown: [Double], statuses: [Bool: Set<Int>]) {
            self.name = name
            self.known = Times(statuses: (statuses[true] ?? []).sorted(), quantiles: Self.quantiles(of: known))
            self.unknown = Times(statuses: (statuses[false] ?? []).sorted(), quantiles: Self.quantiles(of: unknown))
            distance = Distinction.distance(known, unknown)
            criticalDistance = Distinction.critical(known.count, unknown.count)
            accuracy = Distinction.accuracy(known, unknown)
            sensitivityMilliseconds = Distinction.sensitivity(known)
        }

        private static func quantiles(of times: [Double]) -> [Double] {
            let sorted = times.sorted()
            return [5, 25, 50, 75, 95, 99].map { percent in
                sorted[max(0, min(sorted.count, Int((Double(percent) / 100 * Double(sorted.count)).rounded(.up))) - 1)]
            }
        }
    }

    let tries: Int
    let rows: [Row]

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func table() -> String {
        var lines = ["\(tries) tries each, in random order, one after the other; quantiles 5 25 50 75 95 99 % in ms"]
        for row in rows {
            lines += [
                "", row.name, "  with an account     \(text(row.known))", "  without an account  \(text(row.unknown))",
                "  distance \(fixed(row.distance, 3)) (chance: up to \(fixed(row.criticalDistance, 3))), "
                    + "best threshold right in \(fixed(row.accuracy * 100, 1)) %, "
                    + "a difference of \(fixed(row.sensitivityMilliseconds, 2)) ms would have been seen",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private func text(_ times: Times) -> String {
        times.statuses.map(String.init).joined(separator: ",") + "  "
            + times.quantiles.map { fixed($0, 2) }.joined(separator: "  ")
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}
