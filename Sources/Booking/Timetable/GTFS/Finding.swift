/// Something in a feed that is not as it should be, or that its owner should know.
package struct Finding: Sendable, Equatable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        /// What was meant is clear, and was taken.
        case corrected
        /// Left out.
        case refused
        /// Nothing is wrong, but somebody should know.
        case note
    }

    package let file: String
    /// From 1; nil where it concerns no single line.
    package let line: Int?
    package let severity: Severity
    package let what: String
    package let done: String

    /// `stop_times.txt:98: corrected: what it is; what was done`.
    package var description: String {
        "\(file)\(line.map { ":\($0)" } ?? ""): \(severity.rawValue): \(what); \(done)"
    }
}

/// Collects findings: all are counted, and of each file the first thousand are kept in words.
struct FindingLog: Sendable {
    private static let keptEach = 1000

    private(set) var findings: [Finding] = []
    private(set) var corrected = 0
    private(set) var refused = 0
    private var counts: [String: Int] = [:]

    mutating func add(_ severity: Finding.Severity, _ file: String, _ line: Int?, _ what: String, _ done: String) {
        switch severity {
        case .corrected: corrected += 1
        case .refused: refused += 1
        case .note: break
        }
        counts[file, default: 0] += 1
        guard counts[file, default: 0] <= Self.keptEach else { return }
        findings.append(Finding(file: file, line: line, severity: severity, what: what, done: done))
    }

    /// A line each, in the order of the files and their lines.
    var lines: [String] {
        let ordered = findings.enumerated().sorted { left, right in
            Self.key(left.element, left.offset) < Self.key(right.element, right.offset)
        }
        let unsaid = counts.filter { $0.value > Self.keptEach }.sorted { $0.key < $1.key }
        return ordered.map(\.element.description)
            + unsaid.map { "\($0.key): and \($0.value - Self.keptEach) more of that file" }
    }

    private static func key(_ finding: Finding, _ offset: Int) -> (Int, Int, Int) {
        (FeedFiles.names.firstIndex(of: finding.file) ?? FeedFiles.names.count, finding.line ?? 0, offset)
    }
}

/// Why a whole feed was refused; nothing was changed.
package struct FeedRefused: Error, Sendable, CustomStringConvertible {
    package let reason: String
    /// What was found up to there, a line each.
    package let findings: [String]

    init(_ reason: String, _ log: FindingLog = FindingLog()) {
        self.reason = reason
        findings = log.lines
    }

    package var description: String { (findings + ["The feed is refused: \(reason)"]).joined(separator: "\n") }
}
