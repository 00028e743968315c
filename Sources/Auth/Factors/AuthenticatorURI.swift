import CommandBus
import Cryptography

/// The address by which an authenticator app takes a secret, usually out of a QR code.
///
/// The form is that of Google Authenticator's wiki, "Key Uri Format", which all apps read. What is the default there is
/// written all the same, because not all apps have the same defaults.
struct AuthenticatorURI: Sendable {
    /// What the account is called in the app, before its address.
    let issuer: String
    let address: EmailAddress
    let secret: [UInt8]
    let code: TimeCode

    var text: String {
        let issuer = Self.encoded(shortIssuer)
        let label = "\(issuer):\(Self.encoded(address.raw))"
        return "otpauth://totp/\(label)?secret=\(Base32.encode(secret))&issuer=\(issuer)"
            + "&algorithm=\(code.hash.rawValue)&digits=\(code.digits)&period=\(code.period)"
    }

    /// The issuer without colons, one of which parts it from the address, and so short that a QR code holds the URI whatever
    /// the operator is called: 120 bytes, which are 360 encoded, twice, beside an address of 762.
    private var shortIssuer: String {
        var short = ""
        for character in issuer {
            guard short.utf8.count + character.utf8.count <= 120 else { break }
            short.append(character == ":" ? " " : character)
        }
        return short
    }

    /// A text in which everything is percent-encoded but what never needs to be (RFC 3986, section 2.3).
    private static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }
}
