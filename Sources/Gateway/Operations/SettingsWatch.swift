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
    let logger: Logger
    var interval = Duration.seconds(2)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil {
                do {
                    try await store.read { snapshot in try maintenance.reload(from: snapshot, isTelling: isTelling) }
                } catch {
                    // That the store does not answer is looked after elsewhere.
                    logger.debug("the settings were not read", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
