import Foundation
import Storage
import Synchronization

/// Shows on standard error how a copy goes on: one line that is drawn again and again on a terminal, else a line every few
/// seconds.
final class StoreCopyProgress: Sendable {
    private struct State {
        var meter: CopyMeter?
        var start = ContinuousClock.now
        var shownAt: ContinuousClock.Instant?
        var isLineOpen = false
    }

    private let isTerminal: Bool
    private let state = Mutex(State())

    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
    }

    func show(_ event: StoreCopy.Event) {
        state.withLock { state in
            switch event {
            case .begun(let rows, let done, let isAgain):
                state.meter = CopyMeter(rows: rows, done: done)
                state.start = .now
                if isAgain { line("Going on after \(done) rows.", &state) }
            case .copied(let table, let done):
                guard let meter = state.meter, isDue(&state) else { return }
                draw(meter.line(table: table, done: done, elapsed: .now - state.start), &state)
            case .waiting:
                guard isDue(&state) else { return }
                draw("Waiting for the target; what a copy left that was killed is held for a minute", &state)
            case .comparing(let table):
                guard isDue(&state) else { return }
                draw("Comparing \(table)", &state)
            }
        }
    }

    /// Leaves the line that was drawn.
    func end() {
        state.withLock { state in
            if state.isLineOpen { write("\n") }
            state.isLineOpen = false
        }
    }

    private func isDue(_ state: inout State) -> Bool {
        let now = ContinuousClock.now
        if let shownAt = state.shownAt, now - shownAt < (isTerminal ? .milliseconds(100) : .seconds(5)) { return false }
        state.shownAt = now
        return true
    }

    private func draw(_ text: String, _ state: inout State) {
        guard isTerminal else { return line(text, &state) }
        // Back to the beginning of the line, and clear it.
        write("\r\u{1B}[K\(text)")
        state.isLineOpen = true
    }

    private func line(_ text: String, _ state: inout State) {
        write("\(text)\n")
        state.isLineOpen = false
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
