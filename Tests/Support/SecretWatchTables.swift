import Dispatch
import Foundation
import Storage

extension SecretWatch {
    /// Notes all that a store has kept. Blocks its thread, which must not be one that others wait for.
    ///
    /// The letters that wait to be sent hold codes by design, and are no place to look in: their codes are noted instead.
    static func note(_ kept: KeptData) {
        guard isOn else { return }
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            for table in StoreTables.all {
                // A test may have spoiled, or closed, what it kept.
                guard let rows = try? await kept.rows(of: table.name) else { continue }
                for row in rows { note(row, of: table) }
            }
            isDone.signal()
        }
        isDone.wait()
    }

    private static func note(_ row: KeptRow, of table: StoreTable) {
        let isLetter = table.name == "mail_outbox"
        let columns = table.columns.map(\.name).filter { !isLetter || $0 != "body" }
        saw(table.name + "\t" + columns.map { "\($0)=\(written(row[$0]))" }.joined(separator: "\t"), in: .tables)
        if isLetter, let body = row.text("body") { learnCodes(in: body) }
    }

    /// Notes the codes in a letter: each has a line of its own.
    package static func learnCodes(in letter: String) {
        for line in letter.split(whereSeparator: \.isNewline) {
            let word = line.drop { $0 == " " }
            if word.utf8.count == 8, word.utf8.allSatisfy({ (48...57).contains($0) }) { learn(String(word), .code) }
        }
    }

    private static func written(_ value: StoreValue) -> String {
        switch value {
        case .null: "-"
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): text
        case .blob(let data): String(data: data, encoding: .utf8) ?? data.map { String(format: "%02x", $0) }.joined()
        }
    }
}
