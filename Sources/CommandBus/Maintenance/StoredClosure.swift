import Foundation

/// The operator's switch as the store keeps it.
package struct StoredClosure: Codable, Sendable, Equatable {
    package let on: Bool
    package let reason: String
    package let since: Timestamp?
    /// One more with each set, counted in its transaction: of two states that an instance hears of, the higher one holds.
    package let revision: Int64

    package init(on: Bool, reason: String, since: Timestamp?, revision: Int64) {
        self.on = on
        self.reason = reason
        self.since = since
        self.revision = revision
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        on = try container.decode(Bool.self, forKey: .on)
        reason = try container.decode(String.self, forKey: .reason)
        since = try container.decodeIfPresent(Timestamp.self, forKey: .since)
        // Before there were causes, there was no count.
        revision = try container.decodeIfPresent(Int64.self, forKey: .revision) ?? 0
    }

    package static let never = StoredClosure(on: false, reason: "", since: nil, revision: 0)

    private static let settingName = "maintenance"

    /// The switch that the store remembers.
    package static func load(from store: some SettingReads) throws -> StoredClosure {
        guard let data = try store.setting(settingName) else { return .never }
        return try WireJSON.decode(StoredClosure.self, from: data)
    }

    package func save(in tx: some SettingRecords) throws {
        try tx.set(Self.settingName, WireJSON.encode(self))
    }
}
