import CommandBus
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import Mail
import NIOCore
import RESTTransport
import ServiceLifecycle
import Storage
import UnixSignals
import WSTransport

/// The server as its operator starts it.
enum FarebusServer {
    /// Runs until the process is told to stop, and then until everything that was begun is finished.
    static func run(_ configuration: ServerConfiguration) async throws {
        LoggingSystem.bootstrap { label in LogOutput.handler(label: label, configuration.log) }
        let logger = Logger(label: "farebus")
        let folder = DataFolder(path: configuration.data)
        try folder.create()
        let lock = try DataFolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        let store = try SQLiteStore.open(path: folder.database)
        try await DemoMark.check(store, isDemo: configuration.isDemo, folder: folder)

        let mailSignal = MailSignal()
        var parts = Core<SQLiteStore>.Parts()
        parts.mailed = { mailSignal.raise() }
        let key = try folder.secretKey(SystemRandomSource())
        let core = try await Core(store: store, configuration: configuration, key: key, logger: logger, parts: parts)
        if configuration.isDemo { try await Demo.prepare(core, in: folder) }
        let timetable = TimetableJob(core: core, interval: .seconds(30), logger: logger)
        try await timetable.rollOnce()
        let mailbox = try LocalMailbox(
            folder: URL(fileURLWithPath: configuration.mail.directory),
            sender: MailSender(name: configuration.operator.name, address: configuration.mail.from),
            delivered: { letter, file in
                // A demo's addresses lead nowhere: whoever tries it reads the codes in the terminal.
                if configuration.isDemo { Announcement.print(letter, file: file) }
            }
        )
        let outbox = OutboxWorker(
            store: store, transport: mailbox, signal: mailSignal, clock: core.clock, random: core.random, logger: logger
        )
        let application = HTTPFront.application(core, logger: logger) { port in
            Announcement.print(configuration, folder: folder, port: port)
        }
        // Stopped in the reverse order: first nothing new is let in, then what lies below goes.
        var group = ServiceGroupConfiguration(
            services: [outbox, timetable, application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        group.maximumGracefulShutdownDuration = configuration.shutdownGrace
        try await ServiceGroup(configuration: group).run()
        try store.close()
    }
}
