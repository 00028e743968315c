import CommandBus
import Cryptography
import Foundation

/// A stored value that this version does not know.
struct UnreadableRow: Error {
    let table: String
    let value: String
}

/// Turns stored texts back into the values they were.
enum StoredValue {
    static func date(_ text: String, in table: String) throws -> CivilDate {
        guard let date = CivilDate(text) else { throw UnreadableRow(table: table, value: text) }
        return date
    }

    static func zone(_ identifier: String) throws -> TimeZone {
        guard let zone = TimeZone(identifier: identifier) else { throw UnreadableRow(table: "buses", value: identifier) }
        return zone
    }

    static func word<Word: RawRepresentable>(_ text: String, in table: String) throws -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: text) else { throw UnreadableRow(table: table, value: text) }
        return word
    }

    /// Digests that are kept one after another.
    static func digests(_ data: Data, in table: String) throws -> [Digest256] {
        let bytes = Array(data)
        return try stride(from: 0, to: bytes.count, by: digestSize).map { start in
            guard let digest = Digest256(bytes[start..<min(start + digestSize, bytes.count)]) else {
                throw UnreadableRow(table: table, value: "digests")
            }
            return digest
        }
    }

    static func bytes(of digests: [Digest256]) -> Data {
        Data(digests.flatMap(\.bytes))
    }

    /// Bytes of a digest.
    private static let digestSize = 32
}
