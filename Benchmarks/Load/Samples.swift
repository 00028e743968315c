/// Latencies, in microseconds.
struct Samples {
    private var microseconds: [UInt32] = []

    mutating func add(nanoseconds: Int64) {
        microseconds.append(UInt32(clamping: nanoseconds / 1000))
    }

    mutating func add(_ other: Samples) {
        microseconds += other.microseconds
    }

    /// Percentiles in milliseconds, each the smallest sample that so many hundredths of all are no greater than.
    func percentiles(_ wanted: [Double]) -> [Double] {
        guard !microseconds.isEmpty else { return wanted.map { _ in 0 } }
        let sorted = microseconds.sorted()
        return wanted.map { percent in
            let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
            return Double(sorted[max(0, min(sorted.count, rank) - 1)]) / 1000
        }
    }
}
