package import CommandBus
package import Foundation
package import Wallet

extension LedgerReads where Self: MongoReads {
    package func balance(of account: LedgerAccount) throws -> Int64? {
        try session.findOne("ledger_accounts", ["_id": .string(account.name)])?.int64("balance")
    }

    package func currency(of account: LedgerAccount) throws -> CurrencyCode? {
        try session.findOne("ledger_accounts", ["_id": .string(account.name)])
            .map { CurrencyCode(trusted: try $0.text("currency")) }
    }

    package func movements(of account: LedgerAccount, before: Int64?, limit: Int) throws -> [Movement] {
        var filter: BSONDocument = ["account": .string(account.name)]
        if let before { filter["number"] = ["$lt": .int(before)] }
        let postings = try session.find("postings", filter, sort: ["number": -1], limit: limit)
        let keys = try postings.map { JournalKey(chain: try $0.int("chain"), sequence: try $0.int64("entry")) }
        var entries: [JournalKey: BSONDocument] = [:]
        for row in try session.find("journal", ["_id": ["$in": BSONValue(Set(keys).map(\.text))]]) {
            entries[JournalKey(chain: try row.int("chain"), sequence: try row.int64("sequence"))] = row
        }
        return try zip(postings, keys).map { posting, key in
            guard let entry = entries[key] else { throw UnreadableRow(table: "journal", value: "\(key.text): missing") }
            return Movement(
                number: try posting.int64("number"), entry: try entry.identifier("id"), kind: try entry.word("kind"),
                amount: try posting.int64("amount"), balanceAfter: try posting.int64("balance_after"),
                at: try entry.timestamp("at"), reference: try entry.text("reference")
            )
        }
    }

    package func chains() throws -> [Int: ChainHead] {
        var chains: [Int: ChainHead] = [:]
        for row in try session.find("chains", [:]) { chains[try row.int("_id")] = try ChainHead(document: row) }
        // From the entries as well as from the heads: neither may hide that the other is missing. From chain to chain
        // by the index, and not by way of every entry.
        var filter: BSONDocument = [:]
        while let row = try session.findOne("journal", filter, sort: ["chain": 1], projection: ["chain": 1]) {
            let chain = try row.int("chain")
            if chains[chain] == nil { chains[chain] = .empty }
            filter = ["chain": ["$gt": BSONValue(chain)]]
        }
        return chains
    }

    package func journal(of chain: Int, after sequence: Int64, limit: Int) throws -> [StoredEntry] {
        let rows = try session.find(
            "journal", ["chain": BSONValue(chain), "sequence": ["$gt": .int(sequence)]], sort: ["sequence": 1],
            limit: limit
        )
        guard let first = try rows.first?.int64("sequence"), let last = try rows.last?.int64("sequence") else { return [] }
        var postings: [Int64: [Posting]] = [:]
        let lines = try session.find(
            "postings", ["chain": BSONValue(chain), "entry": ["$gte": .int(first), "$lte": .int(last)]],
            sort: ["entry": 1, "line": 1]
        )
        for line in lines { postings[try line.int64("entry"), default: []].append(try Posting(document: line)) }
        return try rows.map { row in
            let sequence = try row.int64("sequence")
            let entry = JournalEntry(
                id: try row.identifier("id"), kind: try row.word("kind"), at: try row.timestamp("at"),
                reference: try row.text("reference"), actor: try row.text("actor"),
                currency: CurrencyCode(trusted: try row.text("currency")), postings: postings[sequence] ?? []
            )
            return StoredEntry(
                sequence: sequence, entry: entry, previous: try row.data("previous"), hash: try row.data("hash")
            )
        }
    }

    package func balances() throws -> [(account: LedgerAccount, state: AccountBalance)] {
        try session.find("ledger_accounts", [:], sort: ["_id": 1]).map { row in
            let name = try row.text("_id")
            guard let account = LedgerAccount(name: name) else { throw UnreadableRow(table: "ledger_accounts", value: name) }
            return (account, try AccountBalance(document: row))
        }
    }
}

extension MongoSnapshot: LedgerReads {}

extension MongoTransaction: LedgerRecords {
    package func openAccount(_ account: LedgerAccount, currency: CurrencyCode) throws {
        try session.update(
            "ledger_accounts", ["_id": .string(account.name)],
            ["$setOnInsert": ["currency": .string(currency.raw), "balance": 0, "postings": 0]], upsert: true
        )
    }

    package func add(_ amount: Int64, to account: LedgerAccount) throws -> AccountBalance? {
        // The guard of every wallet: the balance is compared and changed by one statement.
        var filter: BSONDocument = ["_id": .string(account.name)]
        if account.isNeverNegative { filter["balance"] = ["$gte": .int(-max(amount, -.max))] }
        return try session.findAndUpdate(
            "ledger_accounts", filter, ["$inc": ["balance": .int(amount), "postings": 1]]
        ).map(AccountBalance.init(document:))
    }

    package func hold(_ account: LedgerAccount) throws {
        // Setting what is there already would be no write, and meet nobody: so there and back.
        for step: Int64 in [1, -1] {
            try session.update("ledger_accounts", ["_id": .string(account.name)], ["$inc": ["postings": .int(step)]])
        }
    }

    package func head(of chain: Int) throws -> ChainHead {
        try session.findOne("chains", ["_id": BSONValue(chain)]).map(ChainHead.init(document:)) ?? .empty
    }

    /// Two entries of one chain at once meet at the chain's head, which each of them writes: one of them is run again,
    /// behind the other.
    package func append(_ entry: JournalEntry, to chain: Int, after head: ChainHead, hash: Data) throws {
        let key = JournalKey(chain: chain, sequence: head.sequence + 1)
        try move(head, of: key, to: hash)
        try session.insert(
            "journal",
            [
                "_id": .string(key.text), "chain": BSONValue(chain), "sequence": .int(key.sequence),
                "id": BSONValue(entry.id), "kind": .string(entry.kind.rawValue), "at": BSONValue(entry.at),
                "reference": .string(entry.reference), "actor": .string(entry.actor),
                "currency": .string(entry.currency.raw), "previous": .binary(head.hash), "hash": .binary(hash),
            ]
        )
        try session.insert(
            "postings",
            entry.postings.enumerated().map { line, posting in
                [
                    "_id": .string("\(key.text)|\(line)"), "chain": BSONValue(chain), "entry": .int(key.sequence),
                    "line": BSONValue(line), "account": .string(posting.account.name), "amount": .int(posting.amount),
                    "number": .int(posting.number), "balance_after": .int(posting.balanceAfter),
                ]
            }
        )
    }

    private func move(_ head: ChainHead, of next: JournalKey, to hash: Data) throws {
        let chain = BSONValue(next.chain)
        guard head != .empty else {
            try session.insert("chains", ["_id": chain, "sequence": .int(next.sequence), "hash": .binary(hash)])
            return
        }
        let moved = try session.update(
            "chains", ["_id": chain, "sequence": .int(head.sequence)],
            ["$set": ["sequence": .int(next.sequence), "hash": .binary(hash)]]
        )
        guard moved == 1 else { throw MongoError.changedMeanwhile("chains \(next.chain)") }
    }
}

/// Names an entry of the journal: the chain and the place in it.
private struct JournalKey: Hashable {
    let chain: Int
    let sequence: Int64

    var text: String { "\(chain)|\(sequence)" }
}

extension ChainHead {
    fileprivate init(document row: BSONDocument) throws {
        self.init(sequence: try row.int64("sequence"), hash: try row.data("hash"))
    }
}

extension AccountBalance {
    fileprivate init(document row: BSONDocument) throws {
        self.init(balance: try row.int64("balance"), postings: try row.int64("postings"))
    }
}

extension Posting {
    fileprivate init(document row: BSONDocument) throws {
        let name = try row.text("account")
        guard let account = LedgerAccount(name: name) else { throw UnreadableRow(table: "postings", value: name) }
        self.init(
            account: account, amount: try row.int64("amount"), number: try row.int64("number"),
            balanceAfter: try row.int64("balance_after")
        )
    }
}
