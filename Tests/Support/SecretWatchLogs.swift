package import Logging

extension SecretWatch {
    /// A logger that writes nowhere; in a run that is watched, down to the level `trace`, to where the watch looks.
    package static func logger(_ label: String = "farebus.test") -> Logger {
        guard isOn else { return Logger(label: label) { _ in SwiftLogNoOpLogHandler() } }
        return Logger(label: label) { label in
            LogSink { level, message, metadata in saw("\(level) \(label) \(message) \(metadata)", in: .logs) }
        }
    }
}
