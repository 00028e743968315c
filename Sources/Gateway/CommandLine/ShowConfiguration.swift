import ArgumentParser

/// `farebus config`: shows what the server would run with.
struct ShowConfiguration: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows every option with its value and where that comes from.",
        discussion: "With --markdown it prints the reference of all options instead."
    )

    @Argument(parsing: .captureForPassthrough, help: "The options of 'farebus serve', or --markdown.")
    var options: [String] = []

    func run() throws {
        if options.contains("--markdown") {
            print(ConfigurationReport.markdown(), terminator: "")
        } else {
            print(ConfigurationReport.list(try ConfigurationArguments.load(options)))
        }
    }
}
