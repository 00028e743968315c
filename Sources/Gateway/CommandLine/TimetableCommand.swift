import ArgumentParser
import Booking
import CommandBus
import Foundation
import Logging
import Wallet

/// `farebus timetable`: what an operator does with the timetable at a terminal.
struct TimetableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timetable", abstract: "Works on the timetable.", subcommands: [ImportTimetable.self]
    )
}

/// `farebus timetable import`: takes a GTFS feed, and says line by line what it corrected and what it refused.
struct ImportTimetable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Imports a GTFS feed, a folder or a zip, and reports what it corrected or refused.",
        discussion: """
            The imported part of the timetable becomes what the feed says, in one step or not at all. A server that runs on \
            the same data takes the new timetable up within a minute.
            """
    )

    @Argument(help: "A folder with the feed's text files, or a zip of them.")
    var path: String

    @Option(help: "Seats of every bus, 1 to 500.")
    var capacity: Int = 40

    @Option(help: "Fare of every bus in units of the operator's currency, such as 20.00.")
    var fare: String = "20.00"

    @Option(
        help: "Moves all dates by whole weeks, so that service begins in the week of this date (2026-11-24)."
    )
    var shiftTo: String?

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let configuration = try shared.load()
        let importOptions = try checked(configuration)
        let folder = try AdminFolder(configuration)
        let feed: GTFSFeed
        do {
            feed = try GTFSFeed.read(FeedFiles.load(path))
        } catch let refused as FeedRefused {
            throw Refusal(refused)
        }
        do {
            let report = try await OperatorErrors.refusing {
                () async throws in
                try await OpenStore.run(
                    Importer(feed: feed, options: importOptions, currency: configuration.operator.currency),
                    configuration: configuration, name: "timetable import", logger: .forCommands
                )
            }
            for line in report.lines { print(line) }
        } catch let refused as FeedRefused {
            throw Refusal(refused)
        }
        if let hint = folder.hint { AdminPrompt.tell(hint) }
    }

    private struct Importer: StoreUser {
        let feed: GTFSFeed
        let options: TimetableImportOptions
        let currency: CurrencyCode

        func use<Store: FarebusStore>(_ store: Store) async throws -> ImportReport {
            let (feed, options, currency) = (feed, options, currency)
            return try await OperatorWork.run("timetable.import", on: store) { work in
                if let kept = try work.tx.currency(of: .fares), kept != currency {
                    throw Refusal(
                        "The ledger is kept in \(kept), and the fares would be in \(currency): see --operator-currency.")
                }
                return try TimetableImport.run(feed, options, in: work, announcing: SeatsFeed.change(for:))
            }
        }
    }

    /// Every wrong option is named at once.
    private func checked(_ configuration: ServerConfiguration) throws -> TimetableImportOptions {
        var problems: [String] = []
        let seats = try? SeatCapacity(refining: capacity)
        if seats == nil { problems.append("--capacity must be from 1 to 500") }
        let amount = MinorUnits(fare, digits: 2)
        if amount == nil { problems.append("--fare must be an amount such as 20 or 20.00") }
        let date = shiftTo.map { CivilDate($0) }
        if case .some(.none) = date { problems.append("--shift-to must be a date like 2026-11-24") }
        guard problems.isEmpty, let seats, let amount else { throw ValidationError(problems.joined(separator: "\n")) }
        return TimetableImportOptions(
            capacity: seats, fare: Money(amount: amount.value, currency: configuration.operator.currency),
            zone: configuration.operator.timeZone, shiftTo: date ?? nil
        )
    }
}

/// An amount of money as a person writes it, in minor units.
struct MinorUnits: Equatable {
    let value: Int64

    /// Reads `20`, `20.5` or `20.50`; nil if the text is no such amount or has more than `digits` decimals.
    init?(_ text: String, digits: Int) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), (1...9).contains(parts[0].count),
            parts.allSatisfy({ part in !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) } })
        else { return nil }
        let decimals = parts.count == 2 ? String(parts[1]) : ""
        guard decimals.count <= digits,
            let value = Int64(parts[0] + decimals + String(repeating: "0", count: digits - decimals.count))
        else { return nil }
        self.value = value
    }
}
