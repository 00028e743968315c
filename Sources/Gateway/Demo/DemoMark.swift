import Auth
import Booking
import CommandBus
import Foundation
import Wallet

/// Tells a demo's data from an operator's, so that neither is ever taken for the other.
///
/// It also keeps the sessions of a demo's accounts for whoever tries it, which would be a hole anywhere else: here even
/// the passwords are in the documentation.
struct DemoMark: Codable, Sendable {
    /// Whether all of it was made; a demo that was cut off while it was made is made further.
    var isWhole = false
    /// A session token of each account.
    var tokens: [String: String] = [:]

    private static let setting = "demo"

    /// The mark; nil if the data is no demo's.
    static func load(from reads: some SettingReads) throws -> DemoMark? {
        try reads.setting(setting).map { try WireJSON.decode(DemoMark.self, from: $0) }
    }

    func save(in tx: some SettingRecords) throws {
        try tx.set(Self.setting, WireJSON.encode(self))
    }

    /// - Parameter place: where the data is, for people.
    /// - Throws: ``DataFolderError`` if the data is not of the kind that the server was started for.
    static func check<Store: FarebusStore>(_ store: Store, isDemo: Bool, place: String) async throws {
        let (isMarked, isEmpty) = try await store.read { snapshot in
            (try snapshot.setting(setting) != nil, try Self.isEmpty(snapshot))
        }
        if isDemo, !isMarked, !isEmpty { throw DataFolderError.notADemo(place) }
        if !isDemo, isMarked { throw DataFolderError.isADemo(place) }
    }

    /// Whether nobody has worked with the data yet: there is nobody and no money in it, and no timetable.
    private static func isEmpty(_ snapshot: some FarebusSnapshot) throws -> Bool {
        guard try !snapshot.hasAccounts(), try snapshot.chains().isEmpty else { return false }
        return try snapshot.routes().isEmpty
    }
}
