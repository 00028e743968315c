import ArgumentParser
import CommandBus
import Foundation

/// `farebus commands`: prints the reference, made from the table that the server runs on.
struct ShowCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commands", abstract: "Prints the reference of all commands, made from the command table."
    )

    @Flag(help: "Print Markdown, as in docs/commands.md.")
    var markdown = false

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "farebus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let core = try await Core.forReference(in: folder.path)
        if markdown {
            print(CommandReference.markdown(core.bus.table, core.feeds.topics), terminator: "")
        } else {
            for entry in core.bus.table.entries {
                let name = entry.name.padding(toLength: 24, withPad: " ", startingAt: 0)
                print("\(name) \(entry.route.method.rawValue) \(entry.route.path)")
            }
        }
    }
}
