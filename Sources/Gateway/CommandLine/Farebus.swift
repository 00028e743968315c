import ArgumentParser

/// `farebus`: the server, and what its operator does beside it.
@main
struct Farebus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "farebus",
        abstract: "A bus ticketing server: every route is one typed command, over REST and over WebSocket.",
        version: FarebusVersion.text,
        subcommands: [
            Serve.self, AdminCommand.self, TimetableCommand.self, ShowConfiguration.self, ShowCommands.self, Verify.self,
            StoreCommand.self,
        ]
    )
}

enum FarebusVersion {
    static let text = "0.1.0"
}
