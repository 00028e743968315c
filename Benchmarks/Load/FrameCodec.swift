import NIOCore

/// The frames of RFC 6455 as far as a client of this server needs them: no fragments, no extensions.
enum FrameCodec {
    enum Opcode {
        case text, ping, close, other
    }

    struct Frame {
        let opcode: Opcode
        let payload: ByteBuffer
    }

    /// - Returns: the next complete frame; nil if there is none yet.
    static func next(_ buffer: inout ByteBuffer) throws -> Frame? {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self),
            let second = buffer.getInteger(at: start + 1, as: UInt8.self)
        else { return nil }
        guard first & 0x80 != 0, second & 0x80 == 0 else { throw LoadFailure("a frame in pieces, or masked") }
        var (head, length) = (2, Int(second))
        if length == 126 {
            guard let long = buffer.getInteger(at: start + 2, as: UInt16.self) else { return nil }
            (head, length) = (4, Int(long))
        } else if length == 127 {
            guard let long = buffer.getInteger(at: start + 2, as: UInt64.self) else { return nil }
            (head, length) = (10, Int(long))
        }
        guard buffer.readableBytes >= head + length else { return nil }
        buffer.moveReaderIndex(forwardBy: head)
        guard let payload = buffer.readSlice(length: length) else { return nil }
        let opcode: Opcode =
            switch first & 0x0F {
            case 0x1: .text
            case 0x8: .close
            case 0x9: .ping
            default: .other
            }
        return Frame(opcode: opcode, payload: payload)
    }

    static func writeText(_ text: String, to buffer: inout ByteBuffer) {
        write(opcode: 0x1, text.utf8, to: &buffer)
    }

    static func writePong(_ payload: ByteBuffer, to buffer: inout ByteBuffer) {
        write(opcode: 0xA, payload.readableBytesView, to: &buffer)
    }

    private static func write(opcode: UInt8, _ bytes: some Collection<UInt8>, to buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | opcode)
        if bytes.count < 126 {
            buffer.writeInteger(0x80 | UInt8(bytes.count))
        } else {
            buffer.writeInteger(UInt8(0x80 | 126))
            buffer.writeInteger(UInt16(bytes.count))
        }
        let key = UInt32.random(in: 0 ... .max)
        buffer.writeInteger(key)
        var mask = key
        for byte in bytes {
            mask = mask << 8 | mask >> 24
            buffer.writeInteger(byte ^ UInt8(truncatingIfNeeded: mask))
        }
    }
}
