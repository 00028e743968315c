package import Foundation
import NIOCore

/// A whole message as it came in.
package enum SocketMessage: Sendable, Equatable {
    /// Checked to be UTF-8.
    case text(Data)
    case binary(Data)
}

/// A message on its way out: a body that exists already, and what is written around it.
package struct OutgoingMessage: Sendable {
    let isText: Bool
    let head: String
    let body: Data
    let tail: String

    /// A text whose middle part is already encoded.
    package init(_ head: String, _ body: Data = Data(), _ tail: String = "") {
        isText = true
        self.head = head
        self.body = body
        self.tail = tail
    }

    /// The same message back.
    package init(_ message: SocketMessage) {
        head = ""
        tail = ""
        switch message {
        case .text(let data): (isText, body) = (true, data)
        case .binary(let data): (isText, body) = (false, data)
        }
    }

    var byteCount: Int { head.utf8.count + body.count + tail.utf8.count }
}

/// The four bits that say what a frame is.
enum Opcode: UInt8 {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    var isControl: Bool { rawValue & 0x8 != 0 }
}

extension ByteBuffer {
    /// Writes a message as one unmasked frame, as a server sends it.
    mutating func writeFrame(_ message: OutgoingMessage) {
        writeFrameHeader(message.isText ? .text : .binary, length: message.byteCount)
        writeString(message.head)
        writeBytes(message.body)
        writeString(message.tail)
    }

    mutating func writeControlFrame(_ opcode: Opcode, _ payload: Data = Data()) {
        writeFrameHeader(opcode, length: payload.count)
        writeBytes(payload)
    }

    /// - Parameter reason: is cut where a control frame ends (RFC 6455, section 5.5), but not within a character.
    mutating func writeCloseFrame(_ code: CloseCode?, _ reason: String) {
        guard let code else { return writeControlFrame(.close) }
        var reason = reason
        while reason.utf8.count > 123 { reason.removeLast() }
        writeFrameHeader(.close, length: 2 + reason.utf8.count)
        writeInteger(code.rawValue)
        writeString(reason)
    }

    private mutating func writeFrameHeader(_ opcode: Opcode, length: Int) {
        writeInteger(0x80 | opcode.rawValue)
        switch length {
        case ...125: writeInteger(UInt8(length))
        case ...0xFFFF:
            writeInteger(UInt8(126))
            writeInteger(UInt16(length))
        default:
            writeInteger(UInt8(127))
            writeInteger(UInt64(length))
        }
    }
}
