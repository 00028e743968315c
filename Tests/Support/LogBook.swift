package import Logging
import Synchronization

/// Keeps everything that is logged.
package final class LogBook: Sendable {
    package struct Entry: Sendable, Equatable {
        package let level: Logger.Level
        package let message: String
        package let metadata: [String: String]

        package init(level: Logger.Level, message: String, metadata: [String: String]) {
            (self.level, self.message, self.metadata) = (level, message, metadata)
        }
    }

    private let kept = Mutex<[Entry]>([])

    package init() {}

    package var entries: [Entry] { kept.withLock { $0 } }

    /// Each entry as a text: its level, the message and the metadata.
    package var lines: [String] { entries.map { "\($0.level) \($0.message) \($0.metadata)" } }

    package var logger: Logger {
        Logger(label: "farebus.test") { _ in
            LogSink { level, message, metadata in
                let entry = Entry(level: level, message: "\(message)", metadata: metadata.mapValues { "\($0)" })
                self.kept.withLock { $0.append(entry) }
            }
        }
    }
}
