import Cryptography
import Foundation
import Testing

@testable import Storage

@Suite("Digests of the rows of a table")
struct RowDigestTests {
    private static func row(_ values: StoreValue..., children: [[[StoreValue]]] = []) -> StoreRow {
        StoreRow(values: values, children: children)
    }

    private static func digest(_ rows: [StoreRow]) -> RowDigest {
        var digest = RowDigest()
        for row in rows { digest.add(row) }
        return digest
    }

    private static let rows = (0..<100).map { number in row(.text("row"), .integer(Int64(number))) }

    @Test("They don't depend on the order")
    func order() {
        #expect(Self.digest(Self.rows) == Self.digest(Self.rows.reversed()))
        #expect(Self.digest(Self.rows) == Self.digest(Self.rows.sorted { $0.bytes.last ?? 0 > $1.bytes.last ?? 0 }))
    }

    @Test("A row that is missing, changed, or there twice is told")
    func changes() {
        let whole = Self.digest(Self.rows)
        #expect(Self.digest(Array(Self.rows.dropLast())) != whole)
        #expect(Self.digest(Self.rows.dropLast() + [Self.rows[0]]) != whole, "as many rows")
        var changed = Self.rows
        changed[7].values[1] = .integer(-7)
        #expect(Self.digest(changed) != whole)
        #expect(Self.digest(Self.rows.dropLast(2) + [Self.rows[0], Self.rows[0]]) != Self.digest(Self.rows.dropLast(2)))
    }

    @Test(
        "Rows that look alike have bytes of their own",
        arguments: [
            (row(.text("ab"), .text("c")), row(.text("a"), .text("bc"))), (row(.text("1")), row(.integer(1))),
            (row(.integer(1)), row(.real(1))), (row(.null), row(.text(""))), (row(.text("")), row(.blob(Data()))),
            (row(.text("a")), row(.blob(Data([97])))), (row(.text("é")), row(.text("e\u{301}"))),
            (row(children: [[[.integer(1)], [.integer(2)]], []]), row(children: [[[.integer(1)]], [[.integer(2)]]])),
        ])
    func likeness(one: StoreRow, other: StoreRow) {
        #expect(one.bytes != other.bytes)
    }

    @Test("A zero has no sign")
    func zero() {
        #expect(Self.row(.real(-0.0)).bytes == Self.row(.real(0)).bytes)
    }

    @Test("The sum is that of whole numbers of 256 bits")
    func carry() {
        // Digit by digit, from the least one on.
        var digits = [Int](repeating: 0, count: 32)
        for row in Self.rows {
            let hash = SHA256.hash(row.bytes)
            for word in 0..<4 { for byte in 0..<8 { digits[word * 8 + byte] += Int(hash[word * 8 + 7 - byte]) } }
        }
        for place in 0..<32 {
            if place < 31 { digits[place + 1] += digits[place] / 256 }
            digits[place] %= 256
        }
        let expected = (0..<4).map { word in
            digits[word * 8..<word * 8 + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        #expect(Self.digest(Self.rows).sum == expected)
    }
}
