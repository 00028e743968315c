import Foundation

/// Where a command gets a password from. Never from an argument: those are in the history of the shell, and every user of
/// the machine can list them.
enum PasswordSource: Sendable {
    case terminal
    case standardInput

    /// Waits for whoever types; must not be called on a thread that others wait for.
    ///
    /// - Throws: ``Refusal``, ``PromptCancelled``.
    func read() throws -> String {
        switch self {
        case .standardInput:
            guard let line = try PasswordLine.read(from: STDIN_FILENO) else {
                throw Refusal("There is no password on standard input: its first line, of at most 1,024 bytes, is taken.")
            }
            return line
        case .terminal:
            let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
            guard descriptor >= 0 else {
                throw Refusal("There is no terminal to ask for the password. Give it on standard input: --password-stdin.")
            }
            defer { close(descriptor) }
            return try PasswordPrompt(terminal: descriptor).askTwice()
        }
    }
}

/// Somebody has pressed Ctrl-C where a password was asked for.
struct PromptCancelled: Error {
    /// As a shell reports a command that SIGINT has ended.
    static let exitCode: Int32 = 130
    static let word = "Cancelled. Nothing was done."
}

/// Asks for a password at a terminal, which does not show it.
struct PasswordPrompt {
    let terminal: Int32

    /// What Ctrl-C sends.
    private static let interrupt: UInt8 = 3

    /// - Throws: ``Refusal`` where the two differ, or nobody answers; ``PromptCancelled``.
    func askTwice() throws -> String {
        let first = try ask("Password: ")
        guard try ask("The same again: ") == first else { throw Refusal("The two passwords differ. Nothing was done.") }
        return first
    }

    private func ask(_ question: String) throws -> String {
        var shown = termios()
        guard tcgetattr(terminal, &shown) == 0 else { throw Refusal("The terminal can't be told to hide the password.") }
        var hidden = shown
        // Without signals, too: whoever is interrupted here would leave a terminal behind that shows nothing. Ctrl-C ends the
        // line in their place, so that it need not wait for the return key.
        hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
        withUnsafeMutableBytes(of: &hidden.c_cc) { $0[Int(VEOL)] = Self.interrupt }
        // What was typed before it was asked for is dropped, as it was shown.
        guard tcsetattr(terminal, TCSAFLUSH, &hidden) == 0 else {
            throw Refusal("The terminal can't be told to hide the password.")
        }
        defer {
            write("\n")
            tcsetattr(terminal, TCSAFLUSH, &shown)
        }
        write(question)
        guard let line = try PasswordLine.read(from: terminal, cancelledBy: Self.interrupt) else {
            throw Refusal("No password was given. Nothing was done.")
        }
        return line
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        // What can't be written is not seen; the password is still read.
        _ = bytes.withUnsafeBytes { Foundation.write(terminal, $0.baseAddress, $0.count) }
    }
}

/// One line, read byte by byte so that nothing after it is taken.
private enum PasswordLine {
    /// Far more than any password has, so that a stream without lines ends.
    private static let longest = 1024

    /// - Parameter cancel: the byte that says that there will be no line; nil where none does.
    /// - Returns: nil if there is no line, if it is no UTF-8, or if it is too long.
    static func read(
        from descriptor: Int32, cancelledBy cancel: UInt8? = nil
    ) throws(PromptCancelled) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count <= longest {
            let count = Foundation.read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return bytes.isEmpty ? nil : text(bytes) }
            if byte == cancel { throw PromptCancelled() }
            if byte == UInt8(ascii: "\n") { return text(bytes) }
            bytes.append(byte)
        }
        return nil
    }

    /// Without the carriage return that files of some systems have at the ends of lines.
    private static func text(_ bytes: [UInt8]) -> String? {
        String(validating: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }
}
