import ArgumentParser
import Booking
import Foundation
import Storage
import Wallet

/// `farebus verify`: rechecks everything that must always hold.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rechecks the books, the seats and the sessions; ends with status 1 if something is wrong."
    )

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let folder = DataFolder(path: try shared.load().data)
        guard FileManager.default.fileExists(atPath: folder.database) else {
            throw Refusal("There is no database at \(folder.database).")
        }
        let store = try SQLiteStore.open(path: folder.database)
        let report = try await store.read { snapshot in try Verification.run(snapshot) }
        for line in report.lines { print(line) }
        try store.close()
        if !report.findings.isEmpty { throw ExitCode(1) }
    }
}
