import Foundation
import Support

/// The local mailbox of a server, or those of all instances of a cluster: folders with a file a letter.
struct LocalMail: Sendable {
    private let folders: [URL]

    init(_ server: ServerProcess) {
        self.init([server])
    }

    init(_ servers: [ServerProcess]) {
        folders = servers.map { $0.data.appending(path: "mail") }
    }

    /// Waits for the first letter to an address that is not among those already `read`, and takes the code out of it.
    ///
    /// A file of another process tells nobody that it has come, so this looks again and again, with a deadline.
    func code(to address: String, read: Set<String> = []) async throws -> (code: String, letter: String) {
        try await withDeadline(20, "a letter to \(address)") {
            while true {
                for file in try letters() where !read.contains(file.lastPathComponent) {
                    let text = try String(contentsOf: file, encoding: .utf8)
                    let lines = text.split(whereSeparator: \.isNewline)
                    guard lines.contains(where: { $0.hasPrefix("To:") && $0.contains(address) }) else { continue }
                    let codes = lines.map { $0.trimmingCharacters(in: .whitespaces) }
                        .filter { $0.utf8.count == 8 && $0.utf8.allSatisfy { (48...57).contains($0) } }
                    if let code = codes.first { return (code, file.lastPathComponent) }
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// All that there are, in each folder by their time.
    func letters() throws -> [URL] {
        try folders.flatMap { folder -> [URL] in
            let path = folder.path(percentEncoded: false)
            guard FileManager.default.fileExists(atPath: path) else { return [] }
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            return names.filter { $0.hasSuffix(".eml") }.sorted().map { folder.appending(path: $0) }
        }
    }
}
