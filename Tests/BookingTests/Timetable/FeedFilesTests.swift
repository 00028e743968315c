import Foundation
import Support
import Testing

@testable import Booking

@Suite("Feeds in folders and archives")
struct FeedFilesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("feed")
    }

    private func entries(prefix: String = "") -> [(name: String, bytes: [UInt8])] {
        FeedFixture.sound.sorted { $0.key < $1.key }.map { (prefix + $0.key, Array($0.value.utf8)) }
    }

    private func zip(_ entries: [(name: String, bytes: [UInt8])], spoilingChecksums: Bool = false) throws -> String {
        let file = folder.file("feed.zip")
        try Data(StoredZip.archive(entries, spoilingChecksums: spoilingChecksums)).write(to: file)
        return file.path
    }

    private func refusal(_ path: String, limits: FeedFiles.Limits = .standard) -> String? {
        #expect(throws: FeedRefused.self) { try FeedFiles.load(path, limits: limits) }?.reason
    }

    @Test func aFolderAndAnArchiveOfItAreTheSameFeed() throws {
        let inside = folder.file("gtfs")
        try FeedFixture.write(FeedFixture.sound, to: inside)
        try Data("nothing of ours".utf8).write(to: inside.appending(path: "shapes.txt"))
        let fromFolder = try FeedFiles.load(inside.path)
        #expect(fromFolder.contents == FeedFixture.files().contents)
        #expect(try FeedFiles.load(zip(entries())).contents == fromFolder.contents)
    }

    @Test func anArchiveMayHaveItsFilesInOneFolder() throws {
        let mac = [(name: "__MACOSX/agency.txt", bytes: Array("junk".utf8))]
        let path = try zip([(name: "gtfs-town/", bytes: [])] + mac + entries(prefix: "gtfs-town/"))
        #expect(try FeedFiles.load(path).contents == FeedFixture.files().contents)
    }

    @Test func twoFeedsInOneArchiveAreRefused() throws {
        let path = try zip(entries(prefix: "one/") + entries(prefix: "two/"))
        #expect(refusal(path) == "the archive has feeds in several folders: one, two")
    }

    @Test func theSameFileTwiceIsRefused() throws {
        let path = try zip(entries() + [(name: "agency.txt", bytes: [])])
        #expect(refusal(path) == "the archive has agency.txt twice")
    }

    @Test func anArchiveThatUnpacksToTooMuchIsRefused() throws {
        let path = try zip(entries())
        let size = FeedFixture.sound["stop_times.txt"]!.utf8.count
        #expect(
            refusal(path, limits: .init(fileSize: size - 1, totalSize: 1 << 20))
                == "stop_times.txt has more than \(size - 1) bytes"
        )
        #expect(
            refusal(path, limits: .init(fileSize: 1 << 20, totalSize: 300)) == "its files have more than 300 bytes together"
        )
    }

    @Test func aFolderIsBoundedToo() throws {
        try FeedFixture.write(FeedFixture.sound, to: folder.file("gtfs"))
        #expect(
            refusal(folder.file("gtfs").path, limits: .init(fileSize: 1 << 20, totalSize: 300))
                == "its files have more than 300 bytes together"
        )
    }

    @Test func aDamagedArchiveIsRefused() throws {
        #expect(refusal(try zip(entries(), spoilingChecksums: true)) == "agency.txt in the archive is damaged")
        let file = folder.file("feed.txt")
        try Data("no archive".utf8).write(to: file)
        #expect(refusal(file.path) == "\(file.path) is neither a folder nor a zip file that can be read")
        #expect(refusal(folder.file("gone").path) == "there is nothing at \(folder.file("gone").path)")
    }

    @Test func anEmptyFolderIsNoFeed() throws {
        let files = try FeedFiles.load(folder.path)
        #expect(#expect(throws: FeedRefused.self) { try GTFSFeed.read(files) }?.reason == "agency.txt is missing")
    }
}
