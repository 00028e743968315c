import ArgumentParser
import Auth
import CommandBus
import Foundation
import Storage

/// `farebus admin replace-secret`: gives a store another secret, where the one that it was kept with is lost or known.
struct AdminReplaceSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace-secret",
        abstract: "Gives the store another secret, after the one that it was kept with was lost or became known.",
        discussion: """
            Voids every remembered device, every code that is under way and every authenticator app: the next sign-in of \
            everybody takes a mailed code. Accounts, passwords, sessions and money stay as they are.

            Stop all servers that work with the store first. The new secret is made in the data folder, or, where \
            FAREBUS_SECRET_KEY_FILE names a file, read from there: put the new one into it beforehand.
            """
    )

    @Flag(help: "Says that it may be done.")
    var yes = false

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard yes else {
            throw ValidationError("This voids all devices, codes and authenticator apps. Say --yes if that is meant.")
        }
    }

    func run() async throws {
        let configuration = try shared.load()
        _ = try AdminFolder(configuration, isWritten: configuration.secretKeyFile.isEmpty)
        try await OperatorErrors.refusing {
            () async throws in
            let folder = DataFolder(path: configuration.data)
            if configuration.mongoDB.uri.isEmpty, !FileManager.default.fileExists(atPath: folder.database) {
                throw Refusal("There is no database at \(folder.database).")
            }
            try folder.create()
            // A server would go on with the old secret. Those that share a MongoDB can't be seen from here.
            let lock = try DataFolderLock(folder)
            defer { withExtendedLifetime(lock) {} }
            let replacement = Replacement(folder: folder, file: configuration.secretKeyFile, letters: configuration.auth)
            let count = try await OpenStore.run(
                replacement, configuration: configuration, name: "admin replace-secret", logger: .forCommands
            )
            print(
                "\(configuration.storeName) has another secret now. \(count) authenticator apps were removed. "
                    + "Back up the new secret."
            )
        }
    }

    private struct Replacement: StoreUser {
        let folder: DataFolder
        let file: String
        let letters: AuthConfiguration

        func use<Store: FarebusStore>(_ store: Store) async throws -> Int {
            guard try await store.read({ try SecretMark.isThere(in: $0) }) else {
                throw Refusal("No server has worked with this store yet, so that there is no secret to replace.")
            }
            let letters = letters
            let (key, install) = try folder.newSecretKey(in: file, SystemRandomSource())
            let count = try await OperatorWork.run("admin.replace-secret", on: store) { work in
                try SecretMark.replace(in: work.tx, key: key)
                return try SecretReplacement.removeAuthenticators(configuration: letters, in: work)
            }
            // Only now is the old one of no use: whoever is cut off before this runs the command again.
            try install()
            return count
        }
    }
}
