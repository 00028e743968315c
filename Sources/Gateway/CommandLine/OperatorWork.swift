import CommandBus

/// A unit of work of a command of the operator's: a process beside the servers, which find in the store what it has done.
enum OperatorWork {
    /// - Parameter name: the command, under which it is logged.
    static func run<Store: FarebusStore, Value: Sendable>(
        _ name: String, on store: Store, _ body: @escaping @Sendable (Work<Store.Transaction>) throws -> Value
    ) async throws -> Value {
        // Nobody in this process listens.
        let publisher = WorkPublisher(feeds: FeedHub(epoch: "operator"), sessions: SessionEnds())
        let context = CommandContext.system(name, now: SystemWallClock().now(), random: SystemRandomSource())
        return try await WorkRunner(store: store, publisher: publisher).run(context, body)
    }
}
