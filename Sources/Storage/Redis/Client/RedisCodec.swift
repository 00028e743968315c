import CHiredis
import NIOCore

/// What came is no RESP2. Nothing after it can be read.
struct RedisProtocolError: Error {}

/// Finds replies in bytes that come in any pieces: hiredis's reader, and copies of what it finds.
///
/// It belongs to one event loop, like the connection whose bytes it reads.
final class RedisReplyReader {
    /// Nil if there was no memory for it.
    private let reader: UnsafeMutablePointer<redisReader>?

    init() {
        reader = redisReaderCreate()
        // Else it gives its buffer back, and takes a new one, after every reply beyond 16 KiB.
        reader?.pointee.maxbuf = 0
    }

    deinit {
        if let reader { redisReaderFree(reader) }
    }

    /// Takes bytes in; they are copied.
    func feed(_ bytes: ByteBuffer) throws(RedisProtocolError) {
        guard let reader else { throw RedisProtocolError() }
        let status = bytes.withUnsafeReadableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { redisReaderFeed(reader, $0.baseAddress, $0.count) }
        }
        guard status == REDIS_OK else { throw RedisProtocolError() }
    }

    /// - Returns: the next reply; nil if it is not complete yet.
    func next() throws(RedisProtocolError) -> RedisReply? {
        guard let reader else { throw RedisProtocolError() }
        var found: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &found) == REDIS_OK else { throw RedisProtocolError() }
        guard let found else { return nil }
        defer { freeReplyObject(found) }
        return try RedisReply(copying: found.assumingMemoryBound(to: redisReply.self).pointee)
    }
}

extension RedisReply {
    /// The depth is bounded by hiredis, which refuses what is nested more than seven deep.
    fileprivate init(copying reply: redisReply) throws(RedisProtocolError) {
        switch reply.type {
        case REDIS_REPLY_NIL: self = .null
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_STRING: self = .bulk(Array(Self.bytes(of: reply)))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: Self.bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: Self.bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            var elements: [RedisReply] = []
            elements.reserveCapacity(reply.elements)
            for index in 0..<reply.elements {
                guard let element = reply.element[index] else { throw RedisProtocolError() }
                elements.append(try RedisReply(copying: element.pointee))
            }
            self = .array(elements)
        default: throw RedisProtocolError()
        }
    }

    private static func bytes(of reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : reply.len)
    }
}

extension ByteBuffer {
    /// Writes a command as an array of bulk strings.
    ///
    /// `redisFormatCommandArgv` would make the same bytes in memory of its own, from pointers to a copy of every word;
    /// here each word is copied once, to where it is sent from.
    mutating func writeRedisCommand(_ words: [RedisArgument]) {
        writeRedisHead("*", words.count)
        for word in words {
            switch word.content {
            case .text(let text):
                writeRedisHead("$", text.utf8.count)
                writeString(text)
            case .bytes(let bytes):
                writeRedisHead("$", bytes.count)
                writeBytes(bytes)
            }
            writeStaticString("\r\n")
        }
    }

    private mutating func writeRedisHead(_ mark: StaticString, _ count: Int) {
        writeStaticString(mark)
        writeString(String(count))
        writeStaticString("\r\n")
    }
}
