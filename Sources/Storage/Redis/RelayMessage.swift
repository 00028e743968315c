import CommandBus
import Foundation

/// What instances tell each other over a channel: `EPOCH SEQUENCE NUMBER NEWS`.
struct RelayMessage {
    enum Content {
        case news(WorkNews)
        /// A new epoch begins: there is nothing to tell but that the store is to be read anew.
        case epoch
        /// Another version of Farebus has sent it. What it tells is in the store.
        case unreadable
    }

    /// Where the numbering stood after it.
    let place: RelayPlace
    let content: Content

    /// Reads a message; nil if it is none of ours.
    init?(_ payload: [UInt8]) {
        let parts = payload.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let place = RelayPlace(parts[0..<3].map { String(decoding: $0, as: UTF8.self) })
        else { return nil }
        self.place = place
        if parts[3].isEmpty {
            content = .epoch
        } else if let news = try? WireJSON.decode(WorkNews.self, from: Data(parts[3])) {
            content = .news(news)
        } else {
            content = .unreadable
        }
    }

    /// How many changes it has; nil if nobody knows.
    var changes: Int? {
        switch content {
        case .news(let news): news.changes.count
        case .epoch: 0
        case .unreadable: nil
        }
    }
}

extension RelayPlace {
    /// Reads epoch, sequence and number; nil if they are none.
    init?(_ words: [String]) {
        guard words.count == 3, let number = UInt64(words[2]), let position = FeedPosition("\(words[0]).\(words[1])")
        else { return nil }
        self.init(position: position, number: number)
    }

    /// Reads what a script of ``RelayScripts`` returns.
    init(_ reply: RedisReply) throws(UnexpectedReply) {
        guard case .array(let values) = reply, let place = Self(values.compactMap(\.text)) else { throw UnexpectedReply() }
        self = place
    }
}

/// A script returned what it never does: another version of it, or another use of the same keys.
struct UnexpectedReply: Error, CustomStringConvertible {
    var description: String { "Redis gave an answer that is not understood" }
}
