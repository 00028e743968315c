import CommandBus
import Dispatch
package import Foundation

/// A folder in which each letter becomes a file: the mail of a server that is alone, and of a demo.
///
/// A file is there completely or not at all, and outlives a power cut once ``send(_:)`` has returned. A letter that is
/// delivered twice is the same file.
package final class LocalMailbox: MailTransport {
    package let folder: URL
    private let sender: MailSender
    private let delivered: @Sendable (Letter, URL) -> Void
    // Writing and syncing block; here they block nobody else.
    private let queue = DispatchQueue(label: "farebus.mailbox")

    /// - Parameters:
    ///   - folder: where the files go; it is made if it is not there, and only its owner can read it.
    ///   - sender: whom the letters come from.
    ///   - delivered: is told of each letter and its file; it must return at once.
    package init(
        folder: URL, sender: MailSender, delivered: @escaping @Sendable (Letter, URL) -> Void = { _, _ in }
    ) throws {
        self.folder = folder
        self.sender = sender
        self.delivered = delivered
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
    }

    package func send(_ letter: Letter) async throws(MailFailure) {
        let file = folder.appending(path: Self.fileName(of: letter))
        let bytes = MailMessage(letter: letter, sender: sender).bytes
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<MailFailure?, Never>) in
            queue.async { continuation.resume(returning: Self.write(bytes, to: file)) }
        }
        if let failure { throw failure }
        delivered(letter, file)
    }

    /// `20261124T083000123Z-REFERENCE.eml`: in the order of the letters, and the same for a second delivery.
    static func fileName(of letter: Letter) -> String {
        let utc = Timestamp(milliseconds: letter.queuedAt.milliseconds - letter.queuedAt.milliseconds % 1000)
        let milliseconds = String(1000 + letter.queuedAt.milliseconds % 1000).dropFirst()
        let stem = utc.description.filter { $0 != "-" && $0 != ":" && $0 != "Z" }
        return "\(stem)\(milliseconds)Z-\(HeaderText.atom(letter.reference)).eml"
    }

    private static func write(_ bytes: [UInt8], to file: URL) -> MailFailure? {
        let target = file.path(percentEncoded: false)
        let draft = target + ".part"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return .temporary("the file can't be made: \(reason())") }
        let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
        let failure = isWritten ? nil : MailFailure.temporary("the file can't be written: \(reason())")
        close(descriptor)
        if let failure {
            unlink(draft)
            return failure
        }
        guard rename(draft, target) == 0 else { return .temporary("the file can't be named: \(reason())") }
        return sync(folder: file.deletingLastPathComponent())
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// The new name is only as durable as the folder.
    private static func sync(folder: URL) -> MailFailure? {
        let descriptor = open(folder.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return .temporary("the folder can't be opened: \(reason())") }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? nil : .temporary("the folder can't be synced: \(reason())")
    }

    private static func reason() -> String {
        String(cString: strerror(errno))
    }
}
