import ArgumentParser
import Foundation

/// `farebus serve`: runs the server until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the server.",
        discussion: "Options (also as FAREBUS_... in the environment, and in a file):\n\n" + ConfigurationReport.help()
    )

    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var options: [String] = []

    func run() async throws {
        if options.contains("--help") || options.contains("-h") {
            throw CleanExit.helpRequest(Self.self)
        }
        let configuration = try ConfigurationArguments.load(options)
        do {
            try await FarebusServer.run(configuration)
        } catch let error as DataFolderError {
            throw Refusal(error)
        }
    }
}

/// Reads the configuration for a command; what is wrong ends the process with status 2.
enum ConfigurationArguments {
    static func load(_ options: [String]) throws -> ServerConfiguration {
        do {
            return try ServerConfiguration.load(
                arguments: options, environment: ProcessInfo.processInfo.environment
            )
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(ConfigurationError.exitCode)
        }
    }
}

/// Why a command of the operator's was not carried out, in words for a terminal.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ reason: some CustomStringConvertible) {
        description = reason.description
    }
}
