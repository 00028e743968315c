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

    package var logger: Logger { Logger(label: "farebus.test") { _ in Handler(book: self) } }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            let entry = Entry(level: event.level, message: "\(event.message)", metadata: metadata.mapValues { "\($0)" })
            book.kept.withLock { $0.append(entry) }
        }
    }
}
