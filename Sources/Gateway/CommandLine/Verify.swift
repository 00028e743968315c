import ArgumentParser
import Logging

/// `farebus verify`: rechecks everything that must always hold.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rechecks the books, the seats and the sessions; ends with status 1 if something is wrong."
    )

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let configuration = try shared.load()
        let report = try await OpenStore.run(
            Verifier(), configuration: configuration, mustExist: true, name: "verify", logger: .forCommands
        )
        for line in report.lines { print(line) }
        if !report.findings.isEmpty { throw ExitCode(1) }
    }

    private struct Verifier: StoreUser {
        func use<Store: FarebusStore>(_ store: Store) async throws -> Verification {
            try await store.readReport { snapshot in try Verification.run(snapshot) }
        }
    }
}
