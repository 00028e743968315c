import Foundation

/// A place in the stream of changes: `EPOCH.SEQ`.
///
/// An epoch is one life of the sequence; a position of another epoch says nothing about this one.
package struct FeedPosition: Hashable, Sendable, CustomStringConvertible {
    package let epoch: String
    package let sequence: UInt64

    package init(epoch: String, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Reads a cursor as a client sends it; nil if it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 64, parts.count == 2, !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) }),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let sequence = UInt64(parts[1])
        else { return nil }
        self.init(epoch: String(parts[0]), sequence: sequence)
    }

    package var description: String { "\(epoch).\(sequence)" }
}

/// The two ways in which feeds go out.
package enum FeedTransport: String, WireEnum {
    case sse
    case websocket
}

/// Which of them are on.
package enum FeedTransportSetting: String, WireEnum {
    case sse
    case websocket
    case both

    package func includes(_ transport: FeedTransport) -> Bool {
        self == .both || rawValue == transport.rawValue
    }
}
