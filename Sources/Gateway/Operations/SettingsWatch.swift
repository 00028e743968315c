import CommandBus
import Logging
import ServiceLifecycle

/// Reads the switches from the store, over and over: whatever else fails, an instance knows within seconds what staff
/// have set on another one, or at a terminal.
struct SettingsWatch<Store: CommandStore>: Service where Store.Snapshot: SettingReads {
    let store: Store
    let maintenance: MaintenanceSwitch
    /// Whether readers of the feed are to be told; not where they hear of it from the instance that made the change.
    let isTelling: Bool
    /// Reads all that is shown anew, as another instance has left word that it can't tell what it does.
    let readAnew: @Sendable () async throws -> Void
    let logger: Logger
    private let words = RelayWordReader()
    private let interval: Duration

    init(
        store: Store, maintenance: MaintenanceSwitch, isTelling: Bool, readAnew: @escaping @Sendable () async throws -> Void,
        interval: Duration = .seconds(2), logger: Logger
    ) {
        self.store = store
        self.maintenance = maintenance
        self.isTelling = isTelling
        self.readAnew = readAnew
        self.interval = interval
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil {
                do {
                    try await look()
                } catch {
                    // That the store does not answer is looked after elsewhere.
                    logger.debug("the settings were not read", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Reads once.
    func look() async throws {
        let word = try await store.read { snapshot in
            try maintenance.reload(from: snapshot, isTelling: isTelling)
            return try RelayWord.read(from: snapshot)
        }
        guard words.isNew(word) else { return }
        do {
            try await readAnew()
        } catch {
            words.forget()
            throw error
        }
    }
}
