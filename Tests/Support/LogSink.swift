import Logging

/// Hands on whatever is logged, of all levels.
struct LogSink: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    private let take: @Sendable (Logger.Level, Logger.Message, Logger.Metadata) -> Void

    /// - Parameter take: is told the level, the message, and the metadata of logger and message together.
    init(_ take: @escaping @Sendable (Logger.Level, Logger.Message, Logger.Metadata) -> Void) {
        self.take = take
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        take(event.level, event.message, metadata.merging(event.metadata ?? [:]) { $1 })
    }
}
