import CommandBus
import Foundation

/// Makes values fit for the header of a message.
enum HeaderText {
    /// A text for people (RFC 5322, section 2.2.1): as it is, or as encoded words where it has other than printable ASCII.
    ///
    /// - Parameter used: how many characters of the line the name of the field takes.
    static func unstructured(_ text: String, after used: Int) -> String {
        // 76 characters is the most that a line with an encoded word may have (RFC 2047, section 2).
        if text.utf8.count <= 76 - used, text.utf8.allSatisfy({ (32...126).contains($0) }), !text.contains("=?") {
            return text
        }
        return encodedWords(text)
    }

    /// A name before an address: a quoted string, or encoded words.
    static func displayName(_ name: String) -> String {
        guard name.utf8.count <= 60, name.utf8.allSatisfy({ (32...126).contains($0) }) else { return encodedWords(name) }
        let escaped = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }

    /// An address. What its type refuses anyway can't get into a header even if the type were got round.
    static func address(_ address: EmailAddress) -> String {
        String(decoding: address.raw.utf8.filter { (33...126).contains($0) && $0 != 60 && $0 != 62 }, as: UTF8.self)
    }

    /// One half of a Message-ID.
    static func atom(_ text: String) -> String {
        String(
            decoding: text.utf8.filter { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
                    || byte == 46
            }, as: UTF8.self
        )
    }

    /// Encoded words of RFC 2047, one a line, none splitting a character.
    private static func encodedWords(_ text: String) -> String {
        var words: [String] = []
        var chunk: [UInt8] = []
        func close() {
            words.append("=?utf-8?B?\(Data(chunk).base64EncodedString())?=")
            chunk = []
        }
        for scalar in text.unicodeScalars {
            // Line ends and other control characters have no place in a header even when encoded.
            let bytes = Array(String(scalar.properties.generalCategory == .control ? " " : scalar).utf8)
            // 36 bytes are 48 characters, 60 with their frame: the name of a field has room beside them.
            if chunk.count + bytes.count > 36 { close() }
            chunk += bytes
        }
        if !chunk.isEmpty || words.isEmpty { close() }
        return words.joined(separator: "\r\n ")
    }
}
