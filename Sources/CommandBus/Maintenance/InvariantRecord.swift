import Foundation

/// What the last check of everything that must always hold has found, as the store keeps it: a restart and the other
/// instances keep money stopped until a clean check.
package struct InvariantRecord: Codable, Sendable, Equatable {
    /// The findings that are kept; there may be more.
    package static let mostFindings = 20

    /// One more with each write, counted in its transaction: an older record never takes the place of a newer one.
    package private(set) var revision: Int64 = 0
    /// Nil if there was no check yet.
    package private(set) var checkedAt: Timestamp?
    package private(set) var outage = Outage()
    /// How many findings there were.
    package private(set) var count = 0
    /// The first of them, for staff alone.
    package private(set) var findings: [String] = []

    package init() {}

    /// Takes the outcome of a check.
    ///
    /// - Parameters:
    ///   - findings: in words; none if all is well.
    ///   - now: when the check was made.
    ///   - recovers: whether money moves again by itself after a clean check.
    /// - Returns: what staff have to be told.
    package mutating func note(_ findings: [String], at now: Timestamp, recovers: Bool) -> Outage.Turn? {
        revision += 1
        checkedAt = now
        count = findings.count
        self.findings = Array(findings.prefix(Self.mostFindings))
        return findings.isEmpty ? outage.gone(recovers: recovers) : outage.found(since: now)
    }

    /// Staff let money move again.
    package mutating func lift() {
        revision += 1
        outage.lift()
    }

    private static let settingName = "invariants"

    /// The record that the store remembers.
    package static func load(from store: some SettingReads) throws -> InvariantRecord {
        guard let data = try store.setting(settingName) else { return InvariantRecord() }
        return try WireJSON.decode(InvariantRecord.self, from: data)
    }

    package func save(in tx: some SettingRecords) throws {
        try tx.set(Self.settingName, WireJSON.encode(self))
    }
}
