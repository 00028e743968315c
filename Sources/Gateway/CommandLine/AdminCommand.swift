import ArgumentParser
import Auth
import CommandBus
import Cryptography
import Foundation

/// `farebus admin`: what the owner of the server's machine does about its staff.
struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Makes a god admin, lists the staff, replaces the secret of the store.",
        subcommands: [AdminCreateGod.self, AdminListStaff.self, AdminReplaceSecret.self]
    )
}

/// `farebus admin create-god`: makes a god admin; there is no other way to the first one.
struct AdminCreateGod: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-god",
        abstract: "Makes the account of a god admin, who appoints all other staff.",
        discussion: """
            The password is asked for twice, and is not shown. It may be done while a server runs on the same data: the \
            account can sign in at once, with a code that is mailed to its address. The audit log keeps that it was made here.
            """
    )

    @Option(help: "The e-mail address of the account. Codes to sign in go there.")
    var email: String

    @Option(help: "The name of the person.")
    var name: String

    @Flag(help: "Reads the password from the first line of standard input, and asks nothing.")
    var passwordStdin = false

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let foundation = try checked()
        let configuration = try shared.load()
        let folder = try AdminFolder(configuration)
        try await OperatorErrors.refusing {
            () async throws in
            try await checkAddress(of: foundation, configuration)
            let hash = try await AdminPrompt.cancellable { try await hashedPassword(for: foundation, configuration) }
            let founder = Founder(foundation: foundation, passwordHash: hash, letters: configuration.auth)
            let id = try await OpenStore.run(
                founder, configuration: configuration, name: "admin create-god", logger: .forCommands
            )
            print("\(email) is a god admin now, with the account \(id) in \(configuration.storeName).")
        }
        if let hint = folder.hint { AdminPrompt.tell(hint) }
    }

    /// Nobody is asked for a password that is of no use.
    private func checkAddress(of foundation: StaffFoundation, _ configuration: ServerConfiguration) async throws {
        // Where there is no database yet, there is no account either; and none is made before there is a password.
        let database = DataFolder(path: configuration.data).database
        if configuration.mongoDB.uri.isEmpty, !FileManager.default.fileExists(atPath: database) { return }
        try await OpenStore.run(
            Seeker(foundation: foundation), configuration: configuration, name: "admin create-god", logger: .forCommands
        )
    }

    private struct Seeker: StoreUser {
        let foundation: StaffFoundation

        func use<Store: FarebusStore>(_ store: Store) async throws {
            try await store.read { [foundation] snapshot in try foundation.checkAddress(in: snapshot) }
        }
    }

    private struct Founder: StoreUser {
        let foundation: StaffFoundation
        let passwordHash: String
        let letters: AuthConfiguration

        func use<Store: FarebusStore>(_ store: Store) async throws -> AccountID {
            let (foundation, passwordHash, letters) = (foundation, passwordHash, letters)
            do {
                return try await OperatorWork.run("admin.create-god", on: store) { work in
                    try foundation.make(passwordHash: passwordHash, configuration: letters, in: work)
                }
            } catch let problem as Problem where problem.code == .storeUnavailable {
                throw Refusal("The store did not answer. See with 'farebus admin list-staff' whether the account was made.")
            }
        }
    }

    /// Every wrong option is named at once.
    private func checked() throws -> StaffFoundation {
        var problems: [String] = []
        func value<Value: Refined>(_ option: String, _ raw: Value.Raw) -> Value? {
            do throws(RuleViolation) {
                return try Value(refining: raw)
            } catch {
                problems.append("\(option) \(error.detail)")
                return nil
            }
        }
        let address: EmailAddress? = value("--email", email)
        let title: Text<1, 80>? = value("--name", name)
        guard let address, let title else { throw ValidationError(problems.joined(separator: "\n")) }
        return StaffFoundation(email: address, name: title)
    }

    private func hashedPassword(
        for foundation: StaffFoundation, _ configuration: ServerConfiguration
    ) async throws -> String {
        let source: PasswordSource = passwordStdin ? .standardInput : .terminal
        let (salt, cost) = (SystemRandomSource().bytes(16), configuration.password.cost)
        let serviceName = configuration.auth.serviceName
        // Reading waits for a person, and hashing takes its time.
        return try await OffPool.value {
            do {
                let password = try NewPassword(refining: try source.read())
                try foundation.check(password, serviceName: serviceName)
                return try Argon2id.hash(Array(password.raw.utf8), salt: salt, cost: cost)
            } catch let violation as RuleViolation {
                throw Refusal("The password \(violation.detail).")
            }
        }
    }
}

/// `farebus admin list-staff`: who they are.
struct AdminListStaff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-staff",
        abstract: "Lists the accounts of staff that are not closed.",
        discussion: """
            A line each: the account, the role, the state, the address, where the codes of the second factor come from (mail \
            or authenticator), whether there is a password yet, and the name.
            """
    )

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let configuration = try shared.load()
        _ = try AdminFolder(configuration)
        let staff = try await OperatorErrors.refusing {
            () async throws in
            try await OpenStore.run(
                Reader(), configuration: configuration, mustExist: true, name: "admin list-staff", logger: .forCommands
            )
        }
        for person in staff where person.state != .closed { print(Self.line(person)) }
    }

    private static func line(_ person: StaffView) -> String {
        [
            person.id.raw, person.role.rawValue, person.state.rawValue, person.email?.raw ?? "-",
            person.secondFactor.rawValue, person.hasPassword ? "has a password" : "no password yet", person.name ?? "-",
        ].joined(separator: "  ")
    }

    private struct Reader: StoreUser {
        func use<Store: FarebusStore>(_ store: Store) async throws -> [StaffView] {
            try await store.read { snapshot in
                try snapshot.allAccounts(of: [.conductor, .developer, .godAdmin]).map { try StaffView($0, in: snapshot) }
            }
        }
    }
}
