/// Checks UTF-8 as it comes in, piece by piece, and knows of a fault with the first byte that can't be right.
struct UTF8Validator {
    /// Continuation bytes that the present character still needs.
    private var remaining = 0
    /// What the next of them may be; the first is narrower after some leading bytes (Unicode, table 3-7).
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether no character is cut in two.
    var isAtBoundary: Bool { remaining == 0 }

    /// - Returns: false if the text can't become UTF-8 any more.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if remaining == 0 {
                // Most of what is sent is ASCII: eight bytes at a look.
                while index + 8 <= bytes.count,
                    bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    index += 8
                }
                guard index < bytes.count else { return true }
            }
            guard accept(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        if remaining > 0 {
            guard allowed.contains(byte) else { return false }
            remaining -= 1
            allowed = 0x80...0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: begin(1)
        case 0xE0: begin(2, 0xA0...0xBF)
        case 0xED: begin(2, 0x80...0x9F)
        case 0xE1...0xEF: begin(2)
        case 0xF0: begin(3, 0x90...0xBF)
        case 0xF1...0xF3: begin(3)
        case 0xF4: begin(3, 0x80...0x8F)
        default: return false
        }
        return true
    }

    private mutating func begin(_ count: Int, _ next: ClosedRange<UInt8> = 0x80...0xBF) {
        remaining = count
        allowed = next
    }
}
