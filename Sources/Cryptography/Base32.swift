/// Base 32 with the capital letters and the digits 2 to 7, without padding (RFC 4648, section 6): for secrets that a person
/// may have to type.
package enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        let length = (bytes.count * 8 + 4) / 5
        return String(unsafeUninitializedCapacity: length) { buffer in
            var (bits, count, index) = (UInt32(0), 0, 0)
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                count += 8
                while count >= 5 {
                    count -= 5
                    buffer[index] = alphabet[Int(bits >> UInt32(count) & 31)]
                    index += 1
                }
            }
            if count > 0 { buffer[index] = alphabet[Int(bits << UInt32(5 - count) & 31)] }
            return length
        }
    }
}
