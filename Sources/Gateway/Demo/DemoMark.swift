import Auth
import Booking
import CommandBus
import Foundation
import Wallet

/// Tells a demo's data from an operator's, so that neither is ever taken for the other.
enum DemoMark {
    static let setting = "demo"

    /// - Throws: ``DataFolderError`` if the data is not of the kind that the server was started for.
    static func check<Store: FarebusStore>(_ store: Store, isDemo: Bool, folder: DataFolder) async throws {
        let (isMarked, isEmpty) = try await store.read { snapshot in
            (try snapshot.setting(setting) != nil, try Self.isEmpty(snapshot))
        }
        if isDemo, !isMarked, !isEmpty { throw DataFolderError.notADemo(folder.path) }
        if !isDemo, isMarked { throw DataFolderError.isADemo(folder.path) }
    }

    /// Whether nobody has worked with the data yet: there is nobody and no money in it, and no timetable.
    private static func isEmpty(_ snapshot: some FarebusSnapshot) throws -> Bool {
        guard try !snapshot.hasAccounts(), try snapshot.journal(after: 0, limit: 1).isEmpty else { return false }
        return try snapshot.routes().isEmpty
    }
}
