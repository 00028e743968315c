import Foundation
import Testing

@testable import CommandBus

@Suite("Pages and their cursors")
struct PageTests {
    @Test(
        "A cursor carries its parts there and back",
        arguments: [
            ["1"], ["a", "b"], ["", "x"], ["2026-11-24", "d_1", ""], ["é中🚌"], ["?>~"], ["a/b+c=="],
        ])
    func roundTrip(parts: [String]) throws {
        let cursor =
            switch parts.count {
            case 1: PageCursor(parts[0])
            case 2: PageCursor(parts[0], parts[1])
            default: PageCursor(parts[0], parts[1], parts[2])
            }
        let again = try PageCursor(refining: cursor.raw)
        #expect(again.parts == parts)
        #expect(again.raw == cursor.raw)
        #expect(cursor.raw.utf8.allSatisfy { !"+/=".utf8.contains($0) }, "it must fit into a query as it is")
    }

    @Test(
        "A text that is no cursor is refused",
        arguments: ["", "*", "A", "MQ MQ", "_w", String(repeating: "QUFB", count: 65), "é"])
    func refused(raw: String) {
        #expect(throws: RuleViolation("must be a cursor that a list returned")) { try PageCursor(refining: raw) }
    }

    @Test("The last page has a next of null, and it is written")
    func lastPage() throws {
        let page = Page([3, 2, 1], limit: 3, cursor: { PageCursor(String($0)) }, item: { $0 })
        #expect(String(decoding: try WireJSON.encode(page), as: UTF8.self) == #"{"items":[3,2,1],"next":null}"#)
        let empty = Page([Int](), limit: 3, cursor: { PageCursor(String($0)) }, item: { $0 })
        #expect(String(decoding: try WireJSON.encode(empty), as: UTF8.self) == #"{"items":[],"next":null}"#)
    }

    @Test("A surplus record only tells that there is a next page")
    func nextPage() throws {
        let page = Page([4, 3, 2, 1], limit: 3, cursor: { PageCursor(String($0)) }, item: { "no. \($0)" })
        #expect(page.items == ["no. 4", "no. 3", "no. 2"])
        #expect(page.next?.parts == ["2"])
        #expect(
            String(decoding: try WireJSON.encode(page), as: UTF8.self) == #"{"items":["no. 4","no. 3","no. 2"],"next":"Mg"}"#
        )
        let again = try WireJSON.decode(Page<String>.self, from: WireJSON.encode(page))
        #expect(again.next?.parts == ["2"])
    }
}
