import NIOCore
import Testing

@testable import Storage

@Suite("The words of Redis")
struct RedisCodecTests {
    private static let stream =
        "+OK\r\n:0\r\n:-9223372036854775808\r\n:9223372036854775807\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n"
        + "-OOM command not allowed\r\n$7\r\na\r\n\0b\r\n\r\n*3\r\n$7\r\nmessage\r\n:7\r\n*2\r\n$-1\r\n-ERR no\r\n+PONG\r\n"
    private static let replies: [RedisReply] = [
        .status("OK"), .integer(0), .integer(.min), .integer(.max), .null, .null, .array([]), .bulk([]),
        .error("OOM command not allowed"), .bulk(RedisTest.bytes("a\r\n\0b\r\n")),
        .array([.bulk(RedisTest.bytes("message")), .integer(7), .array([.null, .error("ERR no")])]), .status("PONG"),
    ]

    private static func read(_ pieces: [some Sequence<UInt8>]) throws -> [RedisReply] {
        let reader = RedisReplyReader()
        var replies: [RedisReply] = []
        for piece in pieces {
            try reader.feed(ByteBuffer(bytes: piece))
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    @Test("Replies are found wherever the bytes are cut")
    func everyCut() throws {
        let bytes = Array(Self.stream.utf8)
        for cut in 0...bytes.count {
            #expect(try Self.read([bytes[..<cut], bytes[cut...]]) == Self.replies, "cut at \(cut)")
        }
    }

    @Test("Replies are found byte by byte, and nothing is said before one is complete")
    func byteByByte() throws {
        #expect(try Self.read(Self.stream.utf8.map { [$0] }) == Self.replies)
        #expect(try Self.read([Array("$5\r\nhello\r".utf8)]) == [])
    }

    @Test("A large reply is copied whole, and the next one is found after it")
    func largeReply() throws {
        let value = [UInt8](repeating: 0x0A, count: 1_000_000)
        let bytes = Array("$1000000\r\n".utf8) + value + Array("\r\n+OK\r\n".utf8)
        let pieces = stride(from: 0, to: bytes.count, by: 8192).map { bytes[$0..<min($0 + 8192, bytes.count)] }
        #expect(try Self.read(pieces) == [.bulk(value), .status("OK")])
    }

    @Test(
        "What is no RESP2 is an error, and stays one",
        arguments: ["HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "$-2\r\n", ":1a\r\n", String(repeating: "*1\r\n", count: 12)]
    )
    func gibberish(text: String) throws {
        let reader = RedisReplyReader()
        #expect(throws: RedisProtocolError.self) {
            try reader.feed(ByteBuffer(string: text))
            while try reader.next() != nil {}
        }
        #expect(throws: RedisProtocolError.self) {
            try reader.feed(ByteBuffer(string: "+OK\r\n"))
            _ = try reader.next()
        }
    }

    @Test("A command is an array of bulk strings, of any bytes")
    func command() {
        var buffer = ByteBuffer()
        buffer.writeRedisCommand(["SET", .text("ключ"), .bytes([0, 13, 10, 255]), 42, .integer(-7 as Int8), ""])
        let words: [[UInt8]] = [
            Array("*6\r\n$3\r\nSET\r\n$8\r\nключ\r\n$4\r\n".utf8), [0, 13, 10, 255],
            Array("\r\n$2\r\n42\r\n$2\r\n-7\r\n$0\r\n\r\n".utf8),
        ]
        #expect(Array(buffer.readableBytesView) == Array(words.joined()))
    }
}
