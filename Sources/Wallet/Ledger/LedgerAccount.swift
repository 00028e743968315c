package import CommandBus

/// An account of the ledger.
package enum LedgerAccount: Sendable, Hashable {
    /// What the operator keeps accounts of.
    package enum Purpose: String, Sendable, CaseIterable {
        /// What it has earned.
        case fares
        /// What it has given away.
        case grants
        /// What riders left to it when they closed their accounts. It is neither a fare, nor a credit that was taken back.
        case forfeits
    }

    /// A rider's money: what the operator owes the rider. Never below zero.
    case wallet(AccountID)
    /// The operator's own, one for each chain of the journal: every fare of every rider would wait for a single one.
    case `operator`(Purpose, chain: Int)

    /// What the operator has earned in fares; which of its accounts takes it is the ledger's choice.
    package static let fares = LedgerAccount.operator(.fares, chain: 0)
    /// What the operator has given away; which of its accounts gives it is the ledger's choice.
    package static let grants = LedgerAccount.operator(.grants, chain: 0)
    /// What riders left to the operator; which of its accounts takes it is the ledger's choice.
    package static let forfeits = LedgerAccount.operator(.forfeits, chain: 0)

    /// The name under which the account is kept.
    package var name: String {
        switch self {
        case .wallet(let owner): "wallet:\(owner.raw)"
        case .operator(let purpose, chain: 0): "operator:\(purpose.rawValue)"
        case .operator(let purpose, let chain): "operator:\(purpose.rawValue):\(chain)"
        }
    }

    /// The account of a name that ``name`` made; nil for any other text.
    package init?(name: String) {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.first {
        case "wallet" where parts.count > 1:
            self = .wallet(AccountID(trusted: String(name.dropFirst("wallet:".count))))
        case "operator" where parts.count == 2:
            guard let purpose = Purpose(rawValue: parts[1]) else { return nil }
            self = .operator(purpose, chain: 0)
        case "operator" where parts.count == 3:
            guard let purpose = Purpose(rawValue: parts[1]), let chain = Int(parts[2]), chain > 0,
                parts[2] == String(chain)
            else { return nil }
            self = .operator(purpose, chain: chain)
        default: return nil
        }
    }

    /// Whether a balance below zero is refused.
    package var isNeverNegative: Bool {
        if case .wallet = self { true } else { false }
    }

    /// The same account, or the operator's one of its kind in another chain.
    func on(chain: Int) -> LedgerAccount {
        if case .operator(let purpose, _) = self { .operator(purpose, chain: chain) } else { self }
    }
}
