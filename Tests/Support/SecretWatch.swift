package import Foundation
import Synchronization

/// Writes down, for a whole run of the tests, which secrets were met, and everything that must not hold one.
///
/// `FAREBUS_SECRET_WATCH` names the folder; without it nothing is written. After the run `scripts/check-secrets` looks for
/// the ones in the other. Each process has files of its own, and each entry is one line.
package enum SecretWatch {
    /// Where no secret may be.
    package enum Place: String, Sendable, CaseIterable {
        /// What is logged in the tests' own process, at the level `trace`.
        case logs
        /// What a `farebus` of its own process writes.
        case output
        /// The bodies of refusals.
        case problems
        /// What a socket or a stream is sent, but for the answers to commands that went well.
        case feeds
        /// What a store has kept at the end of a test, but for the letters that wait to be sent.
        case tables
        /// What Redis has kept at the end of a test.
        case redis
    }

    /// What a secret is.
    package enum Kind: String, Sendable {
        case token
        case code
        case key
        case connection
    }

    /// Whether this run is watched.
    package static let isOn = folder != nil

    private static let folder = ProcessInfo.processInfo.environment["FAREBUS_SECRET_WATCH"].flatMap { $0.isEmpty ? nil : $0 }
    private static let files = Mutex<[String: Int32]>([:])

    /// Notes a secret.
    package static func learn(_ secret: String, _ kind: Kind) {
        guard isOn, !secret.isEmpty else { return }
        append(to: "secrets", kind.rawValue + "\t" + line(secret))
    }

    /// Notes the key in a file, if there is one.
    package static func learnKey(in file: URL) {
        guard isOn, let key = try? Data(contentsOf: file) else { return }
        learn(key.base64EncodedString(), .key)
    }

    /// Notes what a client sent, if it may hold passwords or codes: those are taken out of it after the run. Tokens are not,
    /// as tests also send what only looks like one; those that are good were in an answer.
    package static func said(_ text: String) {
        guard isOn, text.utf8.count < 65_536 else { return }
        // What is worth looking into; most of what a test of load says is not.
        if text.contains("assword\"") || text.contains("code\"") { append(to: "said", line(text)) }
    }

    /// Notes what a client was answered, if it may hold secrets: those are taken out of it after the run.
    private static func got(_ text: String) {
        guard text.utf8.count < 65_536, names.contains(where: { text.contains($0) }) else { return }
        append(to: "got", line(text))
    }

    /// Notes a session's token that was taken, if it is one that a server could have made.
    package static func learnToken(_ text: String) {
        if text.utf8.count == 43 { learn(text, .token) }
    }

    /// Notes what must not hold a secret.
    package static func saw(_ text: String, in place: Place) {
        guard isOn, !text.isEmpty else { return }
        append(to: "seen-" + place.rawValue, place == .output ? text : line(text))
    }

    /// Notes what a client got that was no command's good answer, and takes the secrets of one that was.
    package static func heard(frame text: String) {
        guard isOn else { return }
        if text.contains("\"problem\":") {
            saw(text, in: .problems)
        } else if text.contains("\"output\":") {
            got(text)
        } else {
            saw(text, in: .feeds)
        }
    }

    /// Notes the answer to a request.
    package static func heard(status: Int, body: String) {
        guard isOn else { return }
        if status >= 400 { saw(body, in: .problems) } else { got(body) }
    }

    private static let names = [
        "token\"", "device\"", "challenge\"", "registration\"", "reset\"", "ticket\"", "secret\"", "recoveryCodes\"",
    ]

    private static func line(_ text: String) -> String {
        text.utf8.contains { $0 == 10 || $0 == 13 }
            ? text.split(whereSeparator: \.isNewline).joined(separator: "\u{1F}") : text
    }

    /// Adds a line to this process's file of a name, in one write.
    private static func append(to name: String, _ text: String) {
        guard let folder else { return }
        let bytes = Array((text + "\n").utf8)
        files.withLock { files in
            let path = "\(folder)/\(name).\(ProcessInfo.processInfo.processIdentifier)"
            let descriptor = files[name] ?? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            files[name] = descriptor
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                // A watch that can't write must not look like one that has seen nothing.
                precondition(count > 0, "\(path) can't be written")
                rest = rest.dropFirst(count)
            }
        }
    }
}
