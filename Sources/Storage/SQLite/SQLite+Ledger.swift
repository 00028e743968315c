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
                SELECT p.number, j.id, j.kind, p.amount, p.balance_after, j.at, j.reference
                FROM postings p JOIN journal j ON j.chain = p.chain AND j.sequence = p.entry
                WHERE p.account = ? AND p.number < ? ORDER BY p.number DESC LIMIT ?
                """
        )
        return try Row.fetchAll(statement, arguments: [account.name, before ?? .max, limit]).map { row in
            Movement(
                number: row[0], entry: JournalEntryID(trusted: row[1]), kind: try StoredValue.word(row[2], in: "journal"),
                amount: row[3],
                balanceAfter: row[4], at: Timestamp(milliseconds: row[5]), reference: row[6]
            )
        }
    }

    package func chains() throws -> [Int: ChainHead] {
        // From the entries as well as from the heads: neither may hide that the other is missing.
        let heads = try db.cachedStatement(
            sql: """
                SELECT c.chain, h.sequence, h.hash
                FROM (SELECT chain FROM chains UNION SELECT DISTINCT chain FROM journal) c
                LEFT JOIN chains h ON h.chain = c.chain
                """
        )
        var chains: [Int: ChainHead] = [:]
        for row in try Row.fetchAll(heads) {
            let (sequence, hash): (Int64?, Data?) = (row[1], row[2])
            chains[row[0]] = ChainHead(sequence: sequence ?? 0, hash: hash ?? JournalEntry.genesis)
        }
        return chains
    }

    package func journal(of chain: Int, after sequence: Int64, limit: Int) throws -> [StoredEntry] {
        let postings = try db.cachedStatement(
            sql: "SELECT account, amount, number, balance_after FROM postings WHERE chain = ? AND entry = ? ORDER BY line"
        )
        let statement = try db.cachedStatement(
            sql: """
                SELECT sequence, id, kind, at, reference, actor, currency, previous, hash
                FROM journal WHERE chain = ? AND sequence > ? ORDER BY sequence LIMIT ?
                """
        )
        return try Row.fetchAll(statement, arguments: [chain, sequence, limit]).map { row in
            let number: Int64 = row[0]
            let lines = try Row.fetchAll(postings, arguments: [chain, number]).map { line in
                let name: String = line[0]
                guard let account = LedgerAccount(name: name) else { throw UnreadableRow(table: "postings", value: name) }
                return Posting(account: account, amount: line[1], number: line[2], balanceAfter: line[3])
            }
            let entry = JournalEntry(
                id: JournalEntryID(trusted: row[1]), kind: try StoredValue.word(row[2], in: "journal"),
                at: Timestamp(milliseconds: row[3]),
                reference: row[4], actor: row[5], currency: CurrencyCode(trusted: row[6]), postings: lines
            )
            return StoredEntry(sequence: number, entry: entry, previous: row[7], hash: row[8])
        }
    }

    package func balances() throws -> [(account: LedgerAccount, state: AccountBalance)] {
        try Row.fetchAll(db, sql: "SELECT name, balance, postings FROM ledger_accounts ORDER BY name").map { row in
            let name: String = row[0]
            guard let account = LedgerAccount(name: name) else { throw UnreadableRow(table: "ledger_accounts", value: name) }
            return (account, AccountBalance(balance: row[1], postings: row[2]))
        }
    }
}

extension SQLiteSnapshot: LedgerReads {}

extension SQLiteTransaction: LedgerRecords {
    package func openAccount(_ account: LedgerAccount, currency: CurrencyCode) throws {
        try db.cachedStatement(sql: "INSERT INTO ledger_accounts (name, currency) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .execute(arguments: [account.name, currency.raw])
    }

    package func add(_ amount: Int64, to account: LedgerAccount) throws -> AccountBalance? {
        // The guard of every wallet: the balance is compared and changed by one statement.
        let statement = try db.cachedStatement(
            sql: """
                UPDATE ledger_accounts SET balance = balance + ?1, postings = postings + 1
                WHERE name = ?2 AND (?3 OR balance + ?1 >= 0) RETURNING balance, postings
                """
        )
        return try Row.fetchOne(statement, arguments: [amount, account.name, !account.isNeverNegative])
            .map { AccountBalance(balance: $0[0], postings: $0[1]) }
    }

    package func hold(_ account: LedgerAccount) throws {
        // There is one writer: units of work come one after another.
    }

    package func head(of chain: Int) throws -> ChainHead {
        let statement = try db.cachedStatement(sql: "SELECT sequence, hash FROM chains WHERE chain = ?")
        return try Row.fetchOne(statement, arguments: [chain]).map { ChainHead(sequence: $0[0], hash: $0[1]) } ?? .empty
    }

    package func append(_ entry: JournalEntry, to chain: Int, after head: ChainHead, hash: Data) throws {
        let sequence = head.sequence + 1
        try db.cachedStatement(
            sql: """
                INSERT INTO chains (chain, sequence, hash) VALUES (?, ?, ?)
                ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash
                """
        ).execute(arguments: [chain, sequence, hash])
        try db.cachedStatement(
            sql: """
                INSERT INTO journal (chain, sequence, id, kind, at, reference, actor, currency, previous, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                chain, sequence, entry.id.raw, entry.kind.rawValue, entry.at.milliseconds, entry.reference, entry.actor,
                entry.currency.raw, head.hash, hash,
            ]
        )
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO postings (chain, entry, line, account, amount, number, balance_after)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        for (line, posting) in entry.postings.enumerated() {
            try statement.execute(
                arguments: [
                    chain, sequence, line, posting.account.name, posting.amount, posting.number, posting.balanceAfter,
                ]
            )
        }
    }
}
