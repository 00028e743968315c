import Foundation

/// Where features register their commands, each with its handler.
///
/// This is the only place where a command's types are erased: behind it everything is a ``CommandEntry``.
package struct CommandRegistry<Store: CommandStore> {
    package let store: Store
    package let publisher: WorkPublisher
    private var entries: [CommandEntry] = []

    /// - Parameters:
    ///   - store: where handlers read, and where their units of work run.
    ///   - publisher: tells the world about a unit of work after its commit.
    package init(store: Store, publisher: WorkPublisher) {
        self.store = store
        self.publisher = publisher
    }

    /// Registers a command that asks nothing of the store, or what it asks is not a single read.
    package mutating func answer<C: Command>(
        _ command: C.Type,
        _ handler: @escaping @Sendable (C.Input, CommandContext) async throws -> C.Output
    ) {
        register(command) { input, context in
            try .success(status: C.status, output: await handler(input, context))
        }
    }

    /// Registers a command that reads the store and changes nothing. The handler runs on one snapshot.
    package mutating func read<C: Command>(
        _ command: C.Type,
        _ handler: @escaping @Sendable (C.Input, CommandContext, Store.Snapshot) throws -> C.Output
    ) {
        let store = store
        register(command) { input, context in
            try await store.read { snapshot in
                try .success(status: C.status, output: handler(input, context, snapshot))
            }
        }
    }

    /// Registers a command whose handler is one unit of work.
    package mutating func write<C: Command>(
        _ command: C.Type,
        _ handler: @escaping @Sendable (C.Input, Work<Store.Transaction>) throws -> C.Output
    ) {
        write(command, prepare: { _, _ in }, perform: { input, _, work in try handler(input, work) })
    }

    /// Registers a command that has slow work to do before its unit of work, such as the hash of a password.
    ///
    /// - Parameters:
    ///   - prepare: what is done outside the transaction; it changes nothing.
    ///   - perform: the unit of work, with what was prepared.
    package mutating func write<C: Command, Prepared: Sendable>(
        _ command: C.Type,
        prepare: @escaping @Sendable (C.Input, CommandContext) async throws -> Prepared,
        perform: @escaping @Sendable (C.Input, Prepared, Work<Store.Transaction>) throws -> C.Output
    ) {
        let runner = WorkRunner(store: store, publisher: publisher)
        append(command) { decoded, context in
            guard let input = decoded.value as? C.Input else { throw Problem.internalError }
            let prepared = try await prepare(input, context)
            return try await runner.run(
                status: C.status, context: context,
                fingerprint: { try IdempotencyFingerprint(command: C.name, canonicalInput: decoded.canonical()) },
                perform: { work in try perform(input, prepared, work) }
            )
        }
    }

    /// The table of everything that was registered.
    package func table() -> CommandTable {
        CommandTable(entries: entries)
    }

    private mutating func register<C: Command>(
        _ command: C.Type, _ run: @escaping @Sendable (C.Input, CommandContext) async throws -> CommandReply
    ) {
        append(command) { decoded, context in
            guard let input = decoded.value as? C.Input else { throw Problem.internalError }
            // No answer of these is kept, so there is none to give again.
            if let gate = context.gate { throw gate }
            return try await run(input, context)
        }
    }

    private mutating func append<C: Command>(
        _ command: C.Type, run: @escaping @Sendable (DecodedInput, CommandContext) async throws -> CommandReply
    ) {
        do {
            let input = try SchemaProbe.schema(of: C.Input.self)
            let decoding = InputDecoding<C.Input>(schema: input)
            let entry = CommandEntry(
                name: C.name, route: C.route, access: C.access, usesSession: C.usesSession, windows: C.windows, cost: C.cost,
                idempotency: C.idempotency, movesMoney: C.movesMoney, status: C.status, availability: C.availability,
                summary: C.summary, problems: C.problems, input: input, output: try SchemaProbe.schema(of: C.Output.self),
                example: try WireJSON.encode(C.example),
                decode: { data throws(Problem) in try decoding(data) }, run: run
            )
            check(entry)
            entries.append(entry)
        } catch {
            preconditionFailure("the command \(C.name) can't be registered: \(error)")
        }
    }

    /// A wrong declaration is a mistake of ours, and stops the server before it serves anybody.
    private func check(_ entry: CommandEntry) {
        let fields = Set(entry.input.properties.map(\.name))
        precondition(!entries.contains { $0.name == entry.name }, "\(entry.name) is registered twice")
        precondition(!entries.contains { $0.route == entry.route }, "\(entry.name): its route is taken")
        precondition(
            entry.route.placeholders.allSatisfy(fields.contains), "\(entry.name): the path names a field it does not have"
        )
        precondition([200, 201, 202, 204].contains(entry.status), "\(entry.name): \(entry.status) is no success")
        do throws(Problem) {
            _ = try entry.decode(entry.example)
        } catch {
            preconditionFailure("\(entry.name): its example breaks its own rules: \(error.errors)")
        }
    }
}
