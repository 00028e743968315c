import Auth
import CommandBus
import Logging
import Mail
import ServiceLifecycle

/// Everything that looks after a running server, and shuts or opens it.
struct Watches: Sendable {
    let services: [any Service]

    /// - Parameters:
    ///   - core: what is looked after.
    ///   - mail: carries emergency letters, past the store.
    ///   - claims: whether this instance is the one to write, of all that see the same.
    ///   - instance: which server writes, for people.
    init<Store: FarebusStore>(
        core: Core<Store>, mail: any MailTransport, claims: @escaping @Sendable (String) async -> Bool, instance: String,
        logger: Logger
    ) {
        let (configuration, store) = (core.configuration, core.store)
        let settings = configuration.maintenance
        let emergency = EmergencyMail(
            sender: .init(
                address: settings.emergencyAddress, service: configuration.operator.name, instance: instance,
                recovers: settings.recovers
            ),
            transport: mail, claims: claims, random: core.random, logger: logger
        )
        let storeWatch = StoreWatch(
            store: store, hasForeignSchema: { try await store.hasForeignSchema() }, maintenance: core.maintenance,
            emergency: emergency, timing: .init(grace: settings.storeGrace), clock: core.clock, logger: logger
        )
        let job = LeasedJob<Store>(
            "invariants", every: .seconds(1), desk: core.leases, runner: core.runner, wallClock: core.clock,
            random: core.random, logger: logger
        )
        let invariantWatch = InvariantWatch<Store>(
            interval: settings.checkInterval,
            parts: .init(
                check: { try await store.readReport { snapshot in try Verification.run(snapshot).findings } },
                staff: { tx in try tx.reachableStaff([.developer, .godAdmin]) },
                alone: { body in _ = try await job.runOnce { _ in try await body() } },
                service: configuration.operator.name, recovers: settings.recovers
            ),
            runner: core.runner, maintenance: core.maintenance, emergency: emergency, clock: core.clock,
            random: core.random, logger: logger
        )
        let settingsWatch = SettingsWatch(
            store: store, maintenance: core.maintenance, isTelling: core.relay == nil, readAnew: core.readAnew,
            logger: logger
        )
        let sessionSweep = SessionSweep(recheck: core.recheck, clock: core.clock, logger: logger)
        // The letters last, as what is found while the server stops is still told.
        services = [emergency, sessionSweep, settingsWatch, invariantWatch, storeWatch]
    }
}
