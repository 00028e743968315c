import Foundation
import Logging

/// How a message is written to standard error.
enum LogFormat: String, CaseIterable, Sendable {
    /// A line for people.
    case text
    /// One JSON object a line, for collectors.
    case json
}

/// Makes the handlers of the process's logs.
enum LogOutput {
    /// A handler for one logger.
    static func handler(label: String, _ log: ServerConfiguration.Log) -> any LogHandler {
        var handler: any LogHandler =
            switch log.format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label, write: { FileHandle.standardError.write($0) })
            }
        handler.logLevel = log.level
        return handler
    }
}

/// Writes each message as one JSON object on a line of its own.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let write: @Sendable (Data) -> Void

    /// - Parameters:
    ///   - label: the name of the logger.
    ///   - write: takes one line, with its end.
    init(label: String, write: @escaping @Sendable (Data) -> Void) {
        self.label = label
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = metadata
        if let provided = metadataProvider?.get() { metadata.merge(provided) { $1 } }
        if let explicit = event.metadata { metadata.merge(explicit) { $1 } }
        if let error = event.error { metadata["error"] = "\(String(reflecting: error))" }
        let line = Line(
            at: Date.now.formatted(Self.timeFormat),
            level: event.level.rawValue, logger: label, message: event.message.description,
            metadata: metadata.mapValues(\.description)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A struct of texts always encodes.
        guard var data = try? encoder.encode(line) else { return }
        data.append(UInt8(ascii: "\n"))
        write(data)
    }

    private static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private struct Line: Encodable {
        let at: String
        let level: String
        let logger: String
        let message: String
        let metadata: [String: String]
    }
}
