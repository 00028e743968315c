package import Foundation

/// A value of a column, whatever the engine that keeps it.
package enum StoreValue: Sendable, Hashable, Codable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob(Data)

    /// Adds bytes that are the same for equal values and for no others.
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(0)
        case .integer(let number):
            bytes.append(1)
            bytes.appendWord(UInt64(bitPattern: number))
        case .real(let number):
            bytes.append(2)
            // SQLite keeps whole numbers without the sign of a zero.
            bytes.appendWord((number == 0 ? 0 : number).bitPattern)
        case .text(var text):
            bytes.append(3)
            text.withUTF8 { utf8 in
                bytes.appendWord(UInt64(utf8.count))
                bytes.append(contentsOf: utf8)
            }
        case .blob(let data):
            bytes.append(4)
            bytes.appendWord(UInt64(data.count))
            bytes.append(contentsOf: data)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendWord(_ number: UInt64) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

/// A row of a table, with the rows of its child tables.
package struct StoreRow: Sendable, Equatable {
    /// In the order of the table's columns.
    package var values: [StoreValue]
    /// For each child table its rows in their order, each in the order of the child's columns.
    package var children: [[[StoreValue]]]

    /// Bytes that are the same for equal rows and for no others.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for value in values { value.write(to: &bytes) }
        for rows in children {
            StoreValue.integer(Int64(rows.count)).write(to: &bytes)
            for row in rows { for value in row { value.write(to: &bytes) } }
        }
        return bytes
    }
}

/// A row, and where it stands in the order in which a store gives out its rows.
struct PlacedRow: Sendable {
    /// The values of the key, as the store that gave it out compares them.
    let place: [StoreValue]
    let row: StoreRow
}
