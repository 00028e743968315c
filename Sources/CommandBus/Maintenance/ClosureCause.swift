/// Why the server shuts itself, in whole or in part.
package enum ClosureCause: String, Codable, CaseIterable, Sendable {
    /// The store does not answer.
    case storeUnreachable = "store_unreachable"
    /// Another version of the server has changed the schema of the store.
    case foreignSchema = "foreign_schema"
    /// The store answers, and takes nothing: the disk is full or broken, there is no primary.
    case storeNotWritable = "store_not_writable"
    /// Something does not hold that must always hold.
    case invariants

    package var level: ClosureLevel {
        switch self {
        case .storeUnreachable, .foreignSchema: .shut
        case .storeNotWritable: .writesStopped
        case .invariants: .moneyStopped
        }
    }

    /// For riders to read. A fixed sentence: what an engine or a check says stays inside.
    package var reason: String {
        switch self {
        case .storeUnreachable: "The store can't be reached. Everything waits until it answers again."
        case .foreignSchema: "The store belongs to another version of the server. Everything waits until that is settled."
        case .storeNotWritable: "The store can't be written to. Nothing can be changed for now; reading goes on."
        case .invariants: "A check of the books found a mistake. No money moves until it is settled; reading goes on."
        }
    }
}
