package import Logging

extension SecretWatch {
    /// A logger that writes nowhere; in a run that is watched, down to the level `trace`, to where the watch looks.
    package static func logger(_ label: String = "farebus.test") -> Logger {
        guard isOn else { return Logger(label: label) { _ in SwiftLogNoOpLogHandler() } }
        return Logger(label: label) { Handler(label: $0) }
    }

    private struct Handler: LogHandler {
        let label: String
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            saw("\(event.level) \(label) \(event.message) \(metadata)", in: .logs)
        }
    }
}
