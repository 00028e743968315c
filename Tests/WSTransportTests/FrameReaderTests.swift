import Foundation
import NIOCore
import Testing

@testable import WSTransport

@Suite struct FrameReaderTests {
    /// A frame as a client sends it.
    private func frame(
        _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, reserved: UInt8 = 0, long: Bool = false
    ) -> [UInt8] {
        var bytes: [UInt8] = [(fin ? 0x80 : 0) | reserved | opcode]
        let mark: UInt8 = masked ? 0x80 : 0
        if payload.count > 65_535 || long {
            bytes += [mark | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        } else if payload.count > 125 {
            bytes += [mark | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        } else {
            bytes.append(mark | UInt8(payload.count))
        }
        guard masked else { return bytes + payload }
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    /// Everything that a reader makes of pieces.
    private func read(_ pieces: [[UInt8]], limit: Int = 16_384) throws -> [FrameReader.Event] {
        var reader = FrameReader(limit: limit)
        var events: [FrameReader.Event] = []
        for piece in pieces {
            reader.feed(ByteBuffer(bytes: piece))
            while let event = try reader.next() { events.append(event) }
        }
        return events
    }

    private func fault(_ bytes: [UInt8], limit: Int = 16_384) -> CloseCode? {
        do {
            _ = try read([bytes], limit: limit)
            return nil
        } catch {
            return (error as? FrameFault)?.code
        }
    }

    @Test func aMessageIsTheSameHoweverItIsCut() throws {
        let text = "Größe ✓ 𝄞 and then some more"
        let bytes = Array(text.utf8)
        let all = frame(1, Array(bytes[..<9]), fin: false) + frame(9, [1, 2]) + frame(0, Array(bytes[9...]))
        let expected: [FrameReader.Event] = [.ping(Data([1, 2])), .message(.text(Data(bytes)))]
        for cut in 0...all.count {
            #expect(try read([Array(all[..<cut]), Array(all[cut...])]) == expected)
        }
        #expect(try read(all.map { [$0] }) == expected)
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 100_003])
    func aPayloadOfAnyLength(count: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = frame(2, payload)
        #expect(try read([bytes], limit: 200_000) == [.message(.binary(Data(payload)))])
        // In pieces that are no multiple of the mask.
        let pieces = stride(from: 0, to: bytes.count, by: 7_001).map { Array(bytes[$0..<min($0 + 7_001, bytes.count)]) }
        #expect(try read(pieces, limit: 200_000) == [.message(.binary(Data(payload)))])
    }

    @Test func whatBreaksTheProtocolIsTold() {
        #expect(fault(frame(1, [65], masked: false)) == .protocolError)
        #expect(fault(frame(1, [65], reserved: 0x40)) == .protocolError)
        #expect(fault(frame(1, [65], reserved: 0x20)) == .protocolError)
        #expect(fault(frame(1, [65], reserved: 0x10)) == .protocolError)
        for opcode: UInt8 in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] { #expect(fault(frame(opcode, [])) == .protocolError) }
        #expect(fault(frame(9, [], fin: false)) == .protocolError)
        #expect(fault(frame(9, [UInt8](repeating: 0, count: 126))) == .protocolError)
        #expect(fault(frame(0, [65])) == .protocolError)
        #expect(fault(frame(1, [65], fin: false) + frame(1, [66])) == .protocolError)
        #expect(fault([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]) == .protocolError)
    }

    @Test func aFaultIsToldByTheFirstByteThatShowsIt() {
        #expect(fault([0x83]) == .protocolError)
        #expect(fault([0x81, 0x05]) == .protocolError)
        #expect(fault([0x89, 0xFE]) == .protocolError)
        #expect(fault([0x82, 0xFE, 0x40, 0x01]) == .tooBig)
        #expect(fault(Array(frame(1, [0x41, 0xC0, 0x41, 0x41]).prefix(8))) == .invalidData)
    }

    @Test func theLimitIsThatOfTheMessage() {
        #expect(fault(frame(2, [UInt8](repeating: 1, count: 10)), limit: 10) == nil)
        #expect(fault(frame(2, [UInt8](repeating: 1, count: 11)), limit: 10) == .tooBig)
        let parts = frame(2, [UInt8](repeating: 1, count: 6), fin: false) + frame(0, [UInt8](repeating: 1, count: 5))
        #expect(fault(parts, limit: 10) == .tooBig)
        #expect(fault(frame(2, [1], long: true), limit: 10) == nil)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x28, 0xA1], [0xC3], [0xE2, 0x82],
        ] as [[UInt8]])
    func whatIsNoUTF8(bytes: [UInt8]) {
        #expect(fault(frame(1, Array("eight by".utf8) + bytes)) == .invalidData)
        for cut in 0...bytes.count {
            let parts = frame(1, Array(bytes[..<cut]), fin: false) + frame(0, Array(bytes[cut...]))
            #expect(fault(parts) == .invalidData)
        }
    }

    @Test func everyCharacterIsUTF8() throws {
        for scalar in [0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] as [UInt32] {
            let bytes = Array(String(try #require(Unicode.Scalar(scalar))).utf8)
            #expect(try read([frame(1, bytes)]) == [.message(.text(Data(bytes)))])
        }
    }

    @Test func closeFrames() throws {
        #expect(try read([frame(8, [])]) == [.close(nil)])
        #expect(try read([frame(8, [0x03, 0xE8, 0x6F, 0x6B])]) == [.close(.normal)])
        #expect(try read([frame(8, [0x0F, 0xA0])]) == [.close(CloseCode(rawValue: 4000))])
        #expect(fault(frame(8, [3])) == .protocolError)
        for code: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
            #expect(fault(frame(8, [UInt8(code >> 8), UInt8(code & 255)])) == .protocolError)
        }
        #expect(fault(frame(8, [0x03, 0xE8, 0xFF])) == .invalidData)
    }

    @Test func framesOfTheServer() throws {
        var buffer = ByteBuffer()
        buffer.writeFrame(OutgoingMessage(#"{"a":"#, Data("1".utf8), "}"))
        #expect(Array(buffer: buffer) == [0x81, 7] + Array(#"{"a":1}"#.utf8))
        buffer.clear()
        buffer.writeFrame(OutgoingMessage(.binary(Data(repeating: 9, count: 126))))
        #expect(Array(buffer: buffer).prefix(5) == [0x82, 126, 0, 126, 9])
        buffer.clear()
        buffer.writeFrame(OutgoingMessage(.binary(Data(repeating: 9, count: 65_536))))
        #expect(Array(buffer: buffer).prefix(11) == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0, 9])
        buffer.clear()
        buffer.writeCloseFrame(.restart, String(repeating: "é", count: 100))
        #expect(buffer.readableBytes <= 127)
    }
}
