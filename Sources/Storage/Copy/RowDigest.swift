import Cryptography

/// A digest of the rows of a table that does not depend on their order: the sum of the SHA-256 of each row, modulo 2^256.
///
/// Two stores give out the same rows in different orders. A sum, other than XOR, also tells a row that is there twice from
/// none. It guards against faults, not against somebody who looks for rows with a certain sum.
package struct RowDigest: Sendable, Equatable, CustomStringConvertible {
    package private(set) var count = 0
    /// The least significant word first.
    private(set) var sum: [UInt64] = [0, 0, 0, 0]

    package init() {}

    mutating func add(_ row: StoreRow) {
        let hash = SHA256.hash(row.bytes)
        var carry: UInt64 = 0
        for word in 0..<4 {
            let addend = hash[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
            let (first, overflow) = sum[word].addingReportingOverflow(addend)
            let (second, carried) = first.addingReportingOverflow(carry)
            sum[word] = second
            carry = overflow || carried ? 1 : 0
        }
        count += 1
    }

    /// The number of rows, and the beginning of the sum.
    package var description: String {
        let start = String(sum[3], radix: 16)
        return "\(count) rows, \(String(repeating: "0", count: 16 - start.count))\(start)"
    }
}
