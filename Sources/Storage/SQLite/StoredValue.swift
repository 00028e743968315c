import CommandBus
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
}
