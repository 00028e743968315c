import ArgumentParser
import CommandBus
import Foundation
import Logging
import Storage

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
        try ConfigurationArguments.refusing { () throws(ConfigurationError) in try configuration.checkForServing() }
        try await OperatorErrors.refusing {
            () async throws in
            try await FarebusServer.run(configuration)
        }
    }
}

/// Reads the configuration for a command; what is wrong ends the process with status 2.
enum ConfigurationArguments {
    static func load(_ options: [String]) throws -> ServerConfiguration {
        try refusing {
            () throws(ConfigurationError) in
            try ServerConfiguration.load(arguments: options, environment: ProcessInfo.processInfo.environment)
        }
    }

    static func load(flags: [String: String]) throws -> ServerConfiguration {
        try refusing {
            () throws(ConfigurationError) in
            try ServerConfiguration.load(flags: flags, environment: ProcessInfo.processInfo.environment)
        }
    }

    static func refusing<Value>(_ load: () throws(ConfigurationError) -> Value) throws -> Value {
        do {
            return try load()
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(ConfigurationError.exitCode)
        }
    }
}

/// What every command beside the server takes: where the data is, and whose it is.
struct SharedOptions: ParsableArguments {
    @Option(help: "The folder with everything that is kept (also FAREBUS_DATA).")
    var data: String?

    @Option(help: "A file with options (also FAREBUS_CONFIG).")
    var config: String?

    @Option(help: "The operator's time zone, such as Asia/Kolkata (also FAREBUS_OPERATOR_TIMEZONE).")
    var operatorTimezone: String?

    @Option(help: "The operator's currency, such as INR (also FAREBUS_OPERATOR_CURRENCY).")
    var operatorCurrency: String?

    func load() throws -> ServerConfiguration {
        var flags: [String: String] = [:]
        flags["data"] = data
        flags["config"] = config
        flags["operator.timezone"] = operatorTimezone
        flags["operator.currency"] = operatorCurrency
        return try ConfigurationArguments.load(flags: flags)
    }
}

/// Why a command of the operator's was not carried out, in words for a terminal.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ reason: some CustomStringConvertible) {
        description = reason.description
    }
}

/// Errors that an operator can do something about, each with its own text.
enum OperatorErrors {
    static func refusing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as DataFolderError {
            throw Refusal(error)
        } catch let error as SecretMarkError {
            throw Refusal(error)
        } catch let error as MongoStoreError {
            throw Refusal(error)
        } catch let error as MongoSchemaError {
            throw Refusal(error)
        } catch let error as SQLiteStoreError {
            throw Refusal(error)
        } catch let problem as Problem {
            throw Refusal(problem.atTerminal)
        }
    }
}

extension Problem {
    /// What it says to an operator, who knows of no keys and no fields of JSON.
    fileprivate var atTerminal: String {
        switch code {
        case .storeUnavailable: "The store did not answer. What was to be done may have been done or not."
        case .storeBusy: "The store has too much to do at this moment. Nothing was done; try again."
        case .internalError: "Something went wrong. What was to be done may have been done or not."
        default: errors.isEmpty ? detail : errors.map { "\($0.pointer) \($0.detail)" }.joined(separator: "\n")
        }
    }
}

extension Logger {
    /// For commands at a terminal: what goes wrong, on standard error.
    static var forCommands: Logger {
        var logger = Logger(label: "farebus", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .error
        return logger
    }
}
