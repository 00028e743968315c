/// Writes a zip archive of files that are stored as they are (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16).
enum StoredZip {
    static func archive(_ entries: [(name: String, bytes: [UInt8])], spoilingChecksums: Bool = false) -> [UInt8] {
        var body: [UInt8] = []
        var directory: [UInt8] = []
        for (name, bytes) in entries {
            let offset = UInt32(body.count)
            let size = UInt32(bytes.count)
            // Version 2.0, flag 11 (UTF-8 names), stored, a time and a date, the checksum, twice the size, the name.
            let header =
                le16(20) + le16(0x800) + le16(0) + le16(0) + le16(0x21)
                + le32(crc32(bytes) ^ (spoilingChecksums ? 1 : 0)) + le32(size) + le32(size)
                + le16(UInt16(name.utf8.count)) + le16(0)
            body += le32(0x0403_4B50) + header + Array(name.utf8) + bytes
            directory += le32(0x0201_4B50) + le16(20) + header + le16(0) + le16(0) + le16(0) + le32(0) + le32(offset)
            directory += Array(name.utf8)
        }
        let count = le16(UInt16(entries.count))
        return body + directory + le32(0x0605_4B50) + le16(0) + le16(0) + count + count + le32(UInt32(directory.count))
            + le32(UInt32(body.count)) + le16(0)
    }

    private static func le16(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }

    private static func le32(_ value: UInt32) -> [UInt8] { le16(UInt16(value & 0xFFFF)) + le16(UInt16(value >> 16)) }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
