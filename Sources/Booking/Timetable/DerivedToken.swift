package import CommandBus
import Cryptography

/// Characters that follow from what they stand for, so that whoever makes them again makes the same.
enum DerivedToken {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Five bits a character of the SHA-256 of the parts.
    static func make(_ parts: String..., length: Int) -> String {
        // The parts are kept apart by a byte that no text has, so that "a", "bc" and "ab", "c" differ.
        let digest = SHA256.hash(parts.joined(separator: "\u{0}").utf8)
        var bits: UInt32 = 0
        var count = 0
        var characters: [UInt8] = []
        for byte in digest where characters.count < length {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5, characters.count < length {
                count -= 5
                characters.append(alphabet[Int(bits >> UInt32(count) & 31)])
            }
        }
        return String(decoding: characters, as: UTF8.self)
    }
}

extension Identifier where Kind == DepartureKind {
    /// The identifier of the departure of a bus on a service date.
    ///
    /// It follows from the two, so that a repeated roll, or another instance, can't make a departure twice.
    package static func of(_ bus: BusID, on date: CivilDate) -> DepartureID {
        DepartureID(trusted: "\(Kind.prefix)_\(DerivedToken.make(bus.raw, date.description, length: 20))")
    }
}
