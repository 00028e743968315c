import Foundation
import NIOCore

/// Why a connection must be failed (RFC 6455, section 7.1.7).
struct FrameFault: Error, Equatable {
    let code: CloseCode
    let reason: String

    static func protocolError(_ reason: String) -> FrameFault { FrameFault(code: .protocolError, reason: reason) }
    static let notUTF8 = FrameFault(code: .invalidData, reason: "text must be UTF-8")
}

/// Makes messages and control frames of bytes (RFC 6455, section 5), and tells a fault as early as it can be told: a
/// header that is wrong before its payload is there, a text that is not UTF-8 before it is whole.
struct FrameReader {
    enum Event: Equatable {
        case message(SocketMessage)
        case ping(Data)
        case pong
        case close(CloseCode?)
    }

    private struct Frame {
        let opcode: Opcode
        let isFinal: Bool
        /// The four bytes of the masking key as they lie in memory.
        let mask: UInt32
        let length: Int
        var received = 0
    }

    /// The largest message, however it is cut into frames.
    private let limit: Int
    private var bytes = ByteBuffer()
    private var frame: Frame?
    /// What the message is that the present fragments belong to; nil between messages.
    private var messageKind: Opcode?
    private var message = Data()
    private var validator = UTF8Validator()
    private var control = Data()

    init(limit: Int) {
        self.limit = limit
    }

    mutating func feed(_ new: ByteBuffer) {
        if bytes.readableBytes == 0 {
            bytes = new
        } else {
            bytes.writeImmutableBuffer(new)
        }
    }

    /// The next thing that is whole; nil if more bytes are needed.
    mutating func next() throws(FrameFault) -> Event? {
        while true {
            if frame == nil {
                guard let header = try readHeader() else { return nil }
                frame = header
            }
            guard try readPayload() else { return nil }
            guard let done = frame else { return nil }
            frame = nil
            if let event = try finish(done) { return event }
        }
    }

    private mutating func readHeader() throws(FrameFault) -> Frame? {
        let start = bytes.readerIndex
        guard let first = bytes.getInteger(at: start, as: UInt8.self) else { return nil }
        let opcode = try checkFirst(first)
        let isFinal = first & 0x80 != 0
        guard let second = bytes.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        guard second & 0x80 != 0 else { throw .protocolError("a client's frames must be masked") }
        let short = second & 0x7F
        if opcode.isControl, short > 125 { throw .protocolError("a control frame has at most 125 bytes") }
        let extended = short == 127 ? 8 : short == 126 ? 2 : 0
        guard bytes.readableBytes >= 2 + extended else { return nil }
        let length: Int
        switch extended {
        case 8: length = try checked(bytes.getInteger(at: start + 2, as: UInt64.self) ?? 0)
        case 2: length = Int(bytes.getInteger(at: start + 2, as: UInt16.self) ?? 0)
        default: length = Int(short)
        }
        if !opcode.isControl, length > limit - message.count {
            throw FrameFault(code: .tooBig, reason: "a message has at most \(limit) bytes")
        }
        guard let key = bytes.getInteger(at: start + 2 + extended, endianness: .host, as: UInt32.self) else { return nil }
        bytes.moveReaderIndex(forwardBy: 6 + extended)
        if opcode == .text || opcode == .binary { messageKind = opcode }
        return Frame(opcode: opcode, isFinal: isFinal, mask: key, length: length)
    }

    private func checkFirst(_ byte: UInt8) throws(FrameFault) -> Opcode {
        guard byte & 0x70 == 0 else { throw .protocolError("no extension was agreed on, so reserved bits must be zero") }
        guard let opcode = Opcode(rawValue: byte & 0x0F) else { throw .protocolError("a reserved opcode") }
        if opcode.isControl {
            if byte & 0x80 == 0 { throw .protocolError("a control frame can't be fragmented") }
        } else if opcode == .continuation {
            if messageKind == nil { throw .protocolError("nothing to continue") }
        } else if messageKind != nil {
            throw .protocolError("a new message before the end of the last")
        }
        return opcode
    }

    private func checked(_ length: UInt64) throws(FrameFault) -> Int {
        guard length >> 63 == 0 else { throw .protocolError("the highest bit of a length must be zero") }
        return Int(length)
    }

    /// - Returns: whether the payload is whole.
    private mutating func readPayload() throws(FrameFault) -> Bool {
        guard var current = frame else { return false }
        let count = min(current.length - current.received, bytes.readableBytes)
        if count > 0 {
            let isText = !current.opcode.isControl && messageKind == .text
            let isValid = bytes.readWithUnsafeReadableBytes { raw in
                let part = UnsafeRawBufferPointer(rebasing: raw[..<count])
                if current.opcode.isControl {
                    Self.append(part, to: &control, mask: current.mask, offset: current.received)
                    return (count, true)
                }
                let start = message.count
                Self.append(part, to: &message, mask: current.mask, offset: current.received)
                let isValid =
                    !isText
                    || message.withUnsafeBytes { whole in
                        validator.accept(UnsafeRawBufferPointer(rebasing: whole[start...]))
                    }
                return (count, isValid)
            }
            current.received += count
            frame = current
            guard isValid else { throw .notUTF8 }
        }
        return current.received == current.length
    }

    private static func append(_ part: UnsafeRawBufferPointer, to data: inout Data, mask: UInt32, offset: Int) {
        guard let first = part.baseAddress else { return }
        let start = data.count
        data.append(first.assumingMemoryBound(to: UInt8.self), count: part.count)
        data.withUnsafeMutableBytes { whole in
            unmask(UnsafeMutableRawBufferPointer(rebasing: whole[start...]), mask: mask, offset: offset)
        }
    }

    /// Takes the mask off, eight bytes at a time.
    private static func unmask(_ bytes: UnsafeMutableRawBufferPointer, mask: UInt32, offset: Int) {
        // The key is kept as it lies in memory; turned so that its next byte comes first.
        let shift = UInt32(offset % 4 * 8)
        let key = shift == 0 ? mask.littleEndian : mask.littleEndian >> shift | mask.littleEndian << (32 - shift)
        let wide = (UInt64(key) << 32 | UInt64(key)).littleEndian
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: key >> UInt32(index % 4 * 8))
            index += 1
        }
    }

    private mutating func finish(_ frame: Frame) throws(FrameFault) -> Event? {
        guard !frame.opcode.isControl else {
            defer { control = Data() }
            switch frame.opcode {
            case .ping: return .ping(control)
            case .close: return .close(try closeCode())
            default: return .pong
            }
        }
        guard frame.isFinal else { return nil }
        defer {
            messageKind = nil
            message = Data()
            validator = UTF8Validator()
        }
        if messageKind == .binary { return .message(.binary(message)) }
        guard validator.isAtBoundary else { throw .notUTF8 }
        return .message(.text(message))
    }

    private func closeCode() throws(FrameFault) -> CloseCode? {
        guard !control.isEmpty else { return nil }
        guard control.count >= 2 else { throw .protocolError("a close frame is empty or begins with a code") }
        let code = CloseCode(rawValue: UInt16(control[0]) << 8 | UInt16(control[1]))
        guard code.mayBeSent else { throw .protocolError("a close code that may not be sent") }
        var check = UTF8Validator()
        let isText = control.withUnsafeBytes { check.accept(UnsafeRawBufferPointer(rebasing: $0[2...])) }
        guard isText, check.isAtBoundary else { throw .notUTF8 }
        return code
    }
}
