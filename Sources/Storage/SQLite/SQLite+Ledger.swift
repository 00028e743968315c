package import CommandBus
package import Foundation
import GRDB
package import Wallet

extension LedgerReads where Self: SQLiteReads {
    package func balance(of account: LedgerAccount) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT balance FROM ledger_accounts WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [account.name])
    }

    package func currency(of account: LedgerAccount) throws -> CurrencyCode? {
        let statement = try db.cachedStatement(sql: "SELECT currency FROM ledger_accounts WHERE name = ?")
        return try String.fetchOne(statement, arguments: [account.name]).map(CurrencyCode.init(trusted:))
    }

    package func movements(of account: LedgerAccount, before: Int64?, limit: Int) throws -> [Movement] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT j.sequence, j.id, j.kind, p.amount, p.balance_after, j.at, j.reference
                FROM postings p JOIN journal j ON j.sequence = p.entry
                WHERE p.account = ? AND p.entry < ? ORDER BY p.entry DESC LIMIT ?
                """
        )
        return try Row.fetchAll(statement, arguments: [account.name, before ?? .max, limit]).map { row in
            Movement(
                sequence: row[0], entry: JournalEntryID(trusted: row[1]), kind: try StoredValue.word(row[2], in: "journal"),
                amount: row[3],
                balanceAfter: row[4], at: Timestamp(milliseconds: row[5]), reference: row[6]
            )
        }
    }

    package func journal(after sequence: Int64, limit: Int) throws -> [StoredEntry] {
        let postings = try db.cachedStatement(
            sql: "SELECT account, amount, balance_after FROM postings WHERE entry = ? ORDER BY line"
        )
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, id, kind, at, reference, actor, currency, previous, hash
                FROM journal WHERE sequence > ? ORDER BY sequence LIMIT ?
                """
        )
        return try Row.fetchAll(statement, arguments: [sequence, limit]).map { row in
            let number: Int64 = row[0]
            let lines = try Row.fetchAll(postings, arguments: [number]).map { line in
                let name: String = line[0]
                guard let account = LedgerAccount(name: name) else { throw UnreadableRow(table: "postings", value: name) }
                return Posting(account: account, amount: line[1], balanceAfter: line[2])
            }
            let entry = JournalEntry(
                id: JournalEntryID(trusted: row[1]), kind: try StoredValue.word(row[2], in: "journal"),
                at: Timestamp(milliseconds: row[3]),
                reference: row[4], actor: row[5], currency: CurrencyCode(trusted: row[6]), postings: lines
            )
            return StoredEntry(sequence: number, entry: entry, previous: row[7], hash: row[8])
        }
    }

    package func balances() throws -> [(account: LedgerAccount, balance: Int64)] {
        try Row.fetchAll(db, sql: "SELECT name, balance FROM ledger_accounts").map { row in
            let name: String = row[0]
            guard let account = LedgerAccount(name: name) else { throw UnreadableRow(table: "ledger_accounts", value: name) }
            return (account, row[1])
        }
    }
}

extension SQLiteSnapshot: LedgerReads {}

extension SQLiteTransaction: LedgerRecords {
    package func openAccount(_ account: LedgerAccount, currency: CurrencyCode) throws {
        try db.cachedStatement(sql: "INSERT INTO ledger_accounts (name, currency) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .execute(arguments: [account.name, currency.raw])
    }

    package func add(_ amount: Int64, to account: LedgerAccount) throws -> Int64? {
        // The guard of every wallet: the balance is compared and changed by one statement.
        let statement = try db.cachedStatement(
            sql: """
                UPDATE ledger_accounts SET balance = balance + ?1
                WHERE name = ?2 AND (?3 OR balance + ?1 >= 0) RETURNING balance
                """
        )
        return try Int64.fetchOne(statement, arguments: [amount, account.name, !account.isNeverNegative])
    }

    package func newestHash() throws -> Data {
        let statement = try db.cachedStatement(sql: "SELECT hash FROM journal ORDER BY sequence DESC LIMIT 1")
        return try Data.fetchOne(statement) ?? JournalEntry.genesis
    }

    package func append(_ entry: JournalEntry, previous: Data, hash: Data) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO journal (id, kind, at, reference, actor, currency, previous, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                entry.id.raw, entry.kind.rawValue, entry.at.milliseconds, entry.reference, entry.actor,
                entry.currency.raw, previous, hash,
            ]
        )
        let sequence = db.lastInsertedRowID
        let statement = try db.cachedStatement(
            sql: "INSERT INTO postings (entry, line, account, amount, balance_after) VALUES (?, ?, ?, ?, ?)"
        )
        for (line, posting) in entry.postings.enumerated() {
            try statement.execute(
                arguments: [sequence, line, posting.account.name, posting.amount, posting.balanceAfter]
            )
        }
    }
}
