import ArgumentParser
import CommandBus
import Foundation
import Storage

/// `farebus store copy`: moves everything from one store to another.
struct StoreCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copies everything from one store to another, and compares the two.",
        discussion: """
            A store is sqlite:PATH, with a data folder or a database file; mongodb://… with a connection string; or mongodb \
            for the one that is configured (MONGODB_URI), which keeps its password off the command line.

            The target must be empty. A copy that was cut off goes on where it stopped when it is run again; no server \
            works with the target before it is finished. It ends with status 1 if the two stores differ in the end.
            """
    )

    @Option(help: "The store that is copied.")
    var from: String

    @Option(help: "The store that is filled.")
    var to: String

    @Flag(help: "Remove what an unfinished copy has brought to the target, and begin again.")
    var restart = false

    @Flag(help: "Your word that no server works with a MongoDB that is copied; needed there.")
    var sourceIsStopped = false

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let configured = try shared.load().mongoDB.uri
        let (source, target) = (try address(from, "--from", configured), try address(to, "--to", configured))
        guard source.name != target.name else { throw Refusal("Both are \(source.name).") }
        let sides = try await StoreCopySides.open(source, target, sourceIsStopped: sourceIsStopped)
        let progress = StoreCopyProgress(isTerminal: isatty(STDERR_FILENO) == 1)
        let copy = StoreCopy(
            from: sides.source, to: sides.target, check: sides.check, observe: { event in progress.show(event) }
        )
        let result: Result<StoreCopy.Outcome, any Error>
        do {
            result = .success(try await copy.run(restarting: restart))
        } catch {
            result = .failure(error)
        }
        progress.end()
        try await sides.close()
        try report(result.get(), source, target)
    }

    private func address(_ text: String, _ option: String, _ configured: String) throws -> StoreAddress {
        guard let address = StoreAddress(text, configured: configured) else {
            throw ValidationError(
                "\(option) must be sqlite:PATH, mongodb://…, or mongodb where MONGODB_URI is set."
            )
        }
        return address
    }

    private func report(_ outcome: StoreCopy.Outcome, _ source: StoreAddress, _ target: StoreAddress) throws {
        switch outcome {
        case .finishedBefore(let date):
            print("This copy was finished at \(date.formatted(.iso8601)). Nothing was done.")
        case .finished(let rows):
            print("\(target.name) has all \(rows) rows of \(source.name): counts and digests of every table are the same,")
            print("and the books, the seats and the sessions are well.")
            print(keyNotice(source))
        case .differs(let findings):
            let text = (["The target is not what the source is, and stays unfinished:"] + findings).joined(separator: "\n  ")
            FileHandle.standardError.write(Data("\(text)\nRun the same with --restart to copy everything again.\n".utf8))
            throw ExitCode(1)
        }
    }

    /// Codes and devices are hashed under a key that is in no store.
    private func keyNotice(_ source: StoreAddress) -> String {
        let file =
            switch source {
            case .sqlite: "\(source.folder.path)/secret.key"
            case .mongoDB: "the key file of its servers"
            }
        return """
            Now take \(file) along, which is in no store: as secret.key in the data folder, or as the file that \
            FAREBUS_SECRET_KEY_FILE names for all instances. With another key no server works with the copy.
            """
    }
}
