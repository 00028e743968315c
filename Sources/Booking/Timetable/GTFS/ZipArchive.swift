import CZip

/// Reads the files of a feed out of a zip file, without unpacking it on the disk.
///
/// - SeeAlso: https://libzip.org/documentation/
enum ZipArchive {
    private static let maximumEntries: Int64 = 10_000

    static func feed(at path: String, limits: FeedFiles.Limits) throws -> [String: [UInt8]] {
        var code: Int32 = 0
        guard let archive = zip_open(path, Int32(ZIP_RDONLY), &code) else {
            throw FeedRefused("\(path) is neither a folder nor a zip file that can be read")
        }
        // Nothing was changed, so there is nothing to write on closing.
        defer { zip_discard(archive) }
        let count = zip_get_num_entries(archive, 0)
        guard count <= maximumEntries else { throw FeedRefused("the archive has more than \(maximumEntries) entries") }

        var contents: [String: [UInt8]] = [:]
        var total = 0
        for (name, index) in try entries(archive, count: count) {
            let bytes = try read(archive, index: index, name: name) { size in
                try limits.check(name, size, total: total + size)
            }
            total += bytes.count
            contents[name] = bytes
        }
        return contents
    }

    /// The entries that are files of a feed: at the top of the archive or, where there are none, in its only folder.
    private static func entries(_ archive: OpaquePointer, count: Int64) throws -> [(name: String, index: UInt64)] {
        var byFolder: [String: [(name: String, index: UInt64)]] = [:]
        for index in 0..<UInt64(max(count, 0)) {
            guard let raw = zip_get_name(archive, index, 0) else { continue }
            let parts = String(cString: raw).split(separator: "/", omittingEmptySubsequences: false)
            guard let name = parts.last.map(String.init), FeedFiles.names.contains(name), parts.count <= 2,
                parts[0] != "__MACOSX"
            else { continue }
            let folder = parts.count == 2 ? String(parts[0]) : ""
            guard !byFolder[folder, default: []].contains(where: { $0.name == name }) else {
                throw FeedRefused("the archive has \(name) twice")
            }
            byFolder[folder, default: []].append((name, index))
        }
        if let top = byFolder[""] { return top }
        guard byFolder.count <= 1 else {
            throw FeedRefused("the archive has feeds in several folders: \(byFolder.keys.sorted().joined(separator: ", "))")
        }
        return byFolder.values.first ?? []
    }

    private static func read(
        _ archive: OpaquePointer, index: UInt64, name: String, check: (_ size: Int) throws -> Void
    ) throws -> [UInt8] {
        guard let file = zip_fopen_index(archive, index, 0) else {
            throw FeedRefused("\(name) in the archive can't be opened: it is damaged, encrypted or packed in an unknown way")
        }
        defer { zip_fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        // The sizes that the archive states are not relied on: what comes out is counted.
        while true {
            let count = zip_fread(file, &chunk, UInt64(chunk.count))
            guard count >= 0 else { throw FeedRefused("\(name) in the archive is damaged") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<Int(count)])
            try check(bytes.count)
        }
    }
}
