import Booking
import CommandBus
import Foundation
import Support
import Testing

@testable import Gateway

@Suite("The demo's timetable")
struct DemoFeedTests {
    private let feed: DemoFeed

    init() throws {
        feed = DemoFeed(
            start: try #require(CivilDate("2026-11-24")), zone: try #require(TimeZone(identifier: "Asia/Kolkata"))
        )
    }

    @Test func theSameStartGivesTheSameFeed() {
        #expect(feed.contents() == DemoFeed(start: feed.start, zone: feed.zone).contents())
    }

    @Test func itCanBeReadFromAFolderAsFromMemory() throws {
        let folder = try TemporaryFolder("demo-feed")
        try feed.write(to: folder.url)
        let written = try GTFSFeed.read(FeedFiles.load(folder.path))
        #expect(written.zone == feed.zone)
        #expect(try GTFSFeed.read(feed.files()).zone == feed.zone)
        for (name, text) in feed.contents() {
            #expect(try String(contentsOf: folder.file(name), encoding: .utf8) == text)
        }
    }

    @Test("whatever the time of day, something is still to leave today and tomorrow")
    func alwaysSomethingToBook() throws {
        let times = try #require(feed.contents()["stop_times.txt"])
        let starts = times.split(separator: "\n").filter { $0.hasSuffix(",station,1") }
            .compactMap { ServiceTime($0.split(separator: ",")[2]) }
        #expect(try #require(starts.max()) >= ServiceTime(seconds: 24 * 3600))
        #expect(starts.count > 50)
    }
}
