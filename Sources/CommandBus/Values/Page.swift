import Foundation

/// One page of a list and, unless it is the last one, where the next begins.
package struct Page<Item: Codable & Sendable>: Codable, Sendable {
    package let items: [Item]
    /// Null on the last page.
    package let next: PageCursor?

    package init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }

    /// A page out of one record more than was asked for: the surplus only tells that there is a next page.
    ///
    /// - Parameters:
    ///   - records: in the order of the list, `limit + 1` of them at most.
    ///   - limit: how many the page holds.
    ///   - cursor: the place of a record in the order.
    ///   - item: what the client sees of it.
    package init<Record>(
        _ records: [Record], limit: Int, cursor: (Record) -> PageCursor, item: (Record) throws -> Item
    ) rethrows {
        let kept = records.prefix(limit)
        items = try kept.map(item)
        next = records.count > limit ? kept.last.map(cursor) : nil
    }

    private enum CodingKeys: String, CodingKey {
        case items, next
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        // Always there, so that a client need not tell a missing key from a null.
        try container.encode(next, forKey: .next)
    }
}

/// How many items a page holds.
package typealias PageLimit = Bounded<1, 200>

/// Where a page begins: opaque to the client, the sort key of the last item before it to the server.
package struct PageCursor: Refined {
    package let raw: String
    /// The parts of the sort key.
    package let parts: [String]

    package init(_ parts: String...) {
        self.parts = parts
        let joined = parts.joined(separator: "\u{1F}")
        raw = Data(joined.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    package init(refining raw: String) throws(RuleViolation) {
        let standard = raw.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        guard raw.utf8.count <= 256, let data = Data(base64Encoded: standard + padding),
            let text = String(data: data, encoding: .utf8), !text.isEmpty
        else { throw RuleViolation("must be a cursor that a list returned") }
        self.raw = raw
        parts = text.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
    }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: 1, maxLength: 256), example: "MQ")
    }
}
