import ArgumentParser

/// `farebus store`: what an operator does with the store itself.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Makes the collections of MongoDB, and copies one store to another.",
        subcommands: [StoreInit.self, StoreCopyCommand.self]
    )
}
