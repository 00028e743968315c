/// How fast a copy goes, and how long it will take; for a terminal.
package struct CopyMeter: Sendable {
    private let rows: Int
    private let doneBefore: Int

    /// - Parameters:
    ///   - rows: how many there are in all.
    ///   - done: how many an earlier run has copied.
    package init(rows: Int, done: Int) {
        self.rows = rows
        doneBefore = done
    }

    /// One line, with a bar.
    ///
    /// - Parameters:
    ///   - table: what is being copied.
    ///   - done: how many rows there are so far, those of earlier runs with them.
    ///   - elapsed: how long this run has taken so far.
    package func line(table: String, done: Int, elapsed: Duration) -> String {
        let share = rows > 0 ? min(1, Double(done) / Double(rows)) : 1
        let filled = Int(share * 20)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        let percent = Int(share * 100)
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Double(done - doneBefore) / seconds : 0
        var parts = ["[\(bar)] \(percent) %", "\(done) of \(rows) rows", "\(Int(rate)) rows/s"]
        if rate > 0, rows > done { parts.append(Self.time(Double(rows - done) / rate) + " left") }
        return parts.joined(separator: ", ") + " (\(table))"
    }

    private static func time(_ seconds: Double) -> String {
        // A rate of next to nothing makes a time that no number holds.
        let whole = Int(min(seconds.rounded(.up), 360_000_000))
        return switch whole {
        case ..<60: "\(whole) s"
        case ..<3600: "\(whole / 60) min \(whole % 60) s"
        default: "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }
}
