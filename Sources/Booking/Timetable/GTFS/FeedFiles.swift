import Foundation

/// The files of a feed, in memory.
package struct FeedFiles: Sendable {
    /// The files that are read, in the order in which they are.
    static let names = [
        "agency.txt", "stops.txt", "routes.txt", "calendar.txt", "calendar_dates.txt", "trips.txt", "stop_times.txt",
        "frequencies.txt",
    ]

    /// Where they come from, for people.
    package let source: String
    let contents: [String: [UInt8]]

    /// - Parameters:
    ///   - source: where they come from, for people.
    ///   - contents: by name; names that GTFS does not know are left aside.
    package init(source: String, contents: [String: [UInt8]]) {
        self.source = source
        self.contents = contents.filter { Self.names.contains($0.key) }
    }

    /// Reads a folder or a zip file. It blocks: call it on a thread of its own.
    ///
    /// - Throws: ``FeedRefused``
    package static func load(_ path: String) throws -> FeedFiles {
        try load(path, limits: .standard)
    }

    static func load(_ path: String, limits: Limits) throws -> FeedFiles {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw FeedRefused("there is nothing at \(path)")
        }
        let contents = try isFolder.boolValue ? folder(path, limits) : ZipArchive.feed(at: path, limits: limits)
        return FeedFiles(source: path, contents: contents)
    }

    private static func folder(_ path: String, _ limits: Limits) throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        var total = 0
        for name in names {
            let file = URL(filePath: path).appending(path: name).resolvingSymlinksInPath()
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: file.path) else { continue }
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                throw FeedRefused("\(name) is not a file")
            }
            let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
            total += size
            try limits.check(name, size, total: total)
            do {
                contents[name] = Array(try Data(contentsOf: file))
            } catch {
                throw FeedRefused("\(name) can't be read")
            }
        }
        return contents
    }

    /// Beyond these a feed is not a shuttle's timetable but a mistake, or an archive made to burst.
    struct Limits {
        static let standard = Limits(fileSize: 64 << 20, totalSize: 256 << 20)

        /// Bytes of one file.
        let fileSize: Int
        /// Bytes of all files together.
        let totalSize: Int

        func check(_ name: String, _ size: Int, total: Int) throws {
            guard size <= fileSize else {
                throw FeedRefused("\(name) has more than \(fileSize) bytes")
            }
            guard total <= totalSize else {
                throw FeedRefused("its files have more than \(totalSize) bytes together")
            }
        }
    }
}
