import Foundation
import Synchronization

/// What a process writes, as text, and whoever waits for a line of it.
package final class ProcessOutput: Sendable {
    private struct State {
        var bytes = Data()
        /// Where the first line begins that is not complete yet.
        var lineStart = 0
        var lines: [String] = []
        var isClosed = false
        var waiters: [(matches: @Sendable (String) -> Bool, continuation: CheckedContinuation<String?, Never>)] = []
    }

    private let state = Mutex(State())

    /// Whether ``SecretWatch`` is told what was written, once that is all.
    private let isWatched: Bool

    package init(isWatched: Bool = false) {
        self.isWatched = isWatched
    }

    /// Everything that was written so far.
    package var text: String {
        state.withLock { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// The complete lines so far.
    package var lines: [String] {
        state.withLock { $0.lines }
    }

    /// Waits for the first line that matches, among those that are there and those that come.
    ///
    /// - Returns: the line; nil if the process closed its output without one.
    package func firstLine(where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        await withCheckedContinuation { continuation in
            let answer: String?? = state.withLock { state in
                if let line = state.lines.first(where: matches) { return .some(line) }
                if state.isClosed { return .some(nil) }
                state.waiters.append((matches, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    func append(_ data: Data) {
        let answered = state.withLock { state in
            state.bytes.append(data)
            var answered: [(CheckedContinuation<String?, Never>, String)] = []
            while let end = state.bytes[state.lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: state.bytes[state.lineStart..<end], as: UTF8.self)
                state.lineStart = end + 1
                state.lines.append(line)
                state.waiters.removeAll { waiter in
                    guard waiter.matches(line) else { return false }
                    answered.append((waiter.continuation, line))
                    return true
                }
            }
            return answered
        }
        for (continuation, line) in answered { continuation.resume(returning: line) }
    }

    func close() {
        if isWatched, SecretWatch.isOn { SecretWatch.saw(text, in: .output) }
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
        }
        for continuation in left { continuation.resume(returning: nil) }
    }
}
