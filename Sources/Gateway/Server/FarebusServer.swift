import CommandBus
import Foundation
import Hummingbird
import Logging
import Mail
import ServiceLifecycle
import UnixSignals

/// The server as its operator starts it.
enum FarebusServer {
    /// Runs until the process is told to stop, and then until everything that was begun is finished.
    static func run(_ configuration: ServerConfiguration) async throws {
        // A limit on the size of files is an error of the write that meets it, and no reason to die.
        signal(SIGXFSZ, SIG_IGN)
        LoggingSystem.bootstrap { label in LogOutput.handler(label: label, configuration.log) }
        let logger = Logger(label: "farebus")
        let folder = DataFolder(path: configuration.data)
        try folder.create()
        let lock = try DataFolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        let server = RunningServer(configuration: configuration, folder: folder, logger: logger)
        try await OpenStore.run(server, configuration: configuration, name: server.name, logger: logger)
    }
}

/// A server on a store of either engine.
private struct RunningServer: StoreUser {
    let configuration: ServerConfiguration
    let folder: DataFolder
    let logger: Logger
    private let random = SystemRandomSource()

    /// Names this server among those that share its store.
    var name: String { "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)" }

    func use<Store: FarebusStore>(_ store: Store) async throws {
        try await DemoMark.check(store, isDemo: configuration.isDemo, place: place)
        let key = try folder.secretKey(in: configuration.secretKeyFile, random)
        try await SecretMark.check(store, key: key)

        let mailSignal = MailSignal()
        var parts = Core<Store>.Parts()
        parts.mailed = { mailSignal.raise() }
        let surroundings = surroundings()
        parts.surroundings = surroundings
        let core = try await Core(store: store, configuration: configuration, key: key, logger: logger, parts: parts)
        let mailbox = try LocalMailbox(
            folder: URL(fileURLWithPath: configuration.mail.directory),
            sender: MailSender(name: configuration.operator.name, address: configuration.mail.from),
            delivered: { letter, file in
                // A demo's addresses lead nowhere: whoever tries it reads the codes in the terminal.
                if configuration.isDemo { Announcement.print(letter, file: file) }
            }
        )
        let watches = Watches(core: core, mail: mailbox, claims: surroundings.claims, instance: name, logger: logger)
        let outbox = OutboxWorker(
            store: store, transport: mailbox, signal: mailSignal, clock: core.clock, random: core.random, logger: logger
        )
        let timetable = TimetableJob(core: core, interval: .seconds(30), logger: logger)
        let front = Front(core: core, timetable: timetable, folder: folder, logger: logger)
        // Stopped in the reverse order: first nothing new is let in, then what lies below goes.
        var group = ServiceGroupConfiguration(
            services: surroundings.services + (core.relay.map { [$0] } ?? []) + watches.services
                + [outbox, timetable, front],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        group.maximumGracefulShutdownDuration = configuration.shutdownGrace
        try await ServiceGroup(configuration: group).run()
    }

    /// Where the data is, for people.
    private var place: String { configuration.mongoDB.uri.isEmpty ? folder.path : "the database" }

    private func surroundings() -> Surroundings {
        let limits = configuration.limits
        guard let endpoint = configuration.redis.endpoint else { return .alone(limits) }
        return .shared(endpoint, configuration.redis, limits: limits, random: random, logger: logger)
    }
}

/// What riders and staff reach: it listens once there is something to show.
private struct Front<Store: FarebusStore>: Service {
    let core: Core<Store>
    let timetable: TimetableJob<Store>
    let folder: DataFolder
    let logger: Logger

    func run() async throws {
        // What all instances share is reached by services that have begun by now.
        if core.configuration.isDemo { try await Demo.prepare(core, in: folder) }
        await timetable.begin()
        try await HTTPFront.application(core, logger: logger) { port in
            Announcement.print(core.configuration, folder: folder, port: port)
        }.run()
    }
}
