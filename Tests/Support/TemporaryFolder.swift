package import Foundation

/// A folder of its own for one test, removed with everything in it when the last reference goes.
package final class TemporaryFolder: Sendable {
    package let url: URL

    /// - Parameter name: a word that tells, in a folder that a crash left behind, which test it was.
    package init(_ name: String = "test") throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "farebus-\(name)-\(UUID().uuidString.prefix(13).lowercased())", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    package var path: String { url.path(percentEncoded: false) }

    /// A path inside the folder; nothing is made there.
    package func file(_ name: String) -> URL {
        url.appending(path: name)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
