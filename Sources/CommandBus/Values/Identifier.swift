/// What an identifier names; its only use is to keep identifiers of different things apart.
package protocol IdentifiedKind: Sendable {
    /// The letters before the underscore of an identifier that this server makes.
    static var prefix: String { get }
}

/// An opaque identifier of one kind of thing: 1 to 64 letters, digits, `_`, `-`, `.` or `:`.
package struct Identifier<Kind: IdentifiedKind>: Refined, CustomStringConvertible {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        let bytes = raw.utf8
        guard (1...64).contains(bytes.count) else { throw RuleViolation("must have 1 to 64 characters") }
        guard bytes.allSatisfy(Self.isAllowed) else {
            throw RuleViolation("must consist of letters, digits, '_', '-', '.' and ':'")
        }
        self.raw = raw
    }

    /// An identifier that this server made or stored itself, and so need not check again.
    package init(trusted raw: String) {
        self.raw = raw
    }

    /// A new identifier: the prefix of its kind and 100 bits, the first 45 of them the time, so that identifiers that
    /// are made one after another lie beside each other in an index.
    package static func make(at now: Timestamp, random: some RandomSource) -> Self {
        Self(trusted: "\(Kind.prefix)_\(SortableToken.make(milliseconds: now.milliseconds, random: random))")
    }

    package var description: String { raw }

    package static var schema: Schema {
        .refined(
            Self.self,
            base: .string(minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_.:-]+$"),
            example: "\(Kind.prefix)_0example"
        )
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }
}

/// Twenty characters of Crockford's base 32: 45 bits of milliseconds, 55 bits of randomness.
enum SortableToken {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func make(milliseconds: Int64, random: some RandomSource) -> String {
        let time = UInt64(bitPattern: milliseconds)
        let noise = random.next()
        return String(unsafeUninitializedCapacity: 20) { buffer in
            for index in 0..<9 {
                buffer[index] = alphabet[Int((time >> UInt64((8 - index) * 5)) & 31)]
            }
            for index in 0..<11 {
                buffer[9 + index] = alphabet[Int((noise >> UInt64(index * 5)) & 31)]
            }
            return 20
        }
    }
}

package enum AccountKind: IdentifiedKind { package static let prefix = "a" }
package enum SessionKind: IdentifiedKind { package static let prefix = "s" }
package enum DepartureKind: IdentifiedKind { package static let prefix = "d" }
package enum BusKind: IdentifiedKind { package static let prefix = "bus" }
package enum BookingKind: IdentifiedKind { package static let prefix = "b" }
package enum JournalEntryKind: IdentifiedKind { package static let prefix = "j" }
package enum RouteKind: IdentifiedKind { package static let prefix = "r" }
package enum StopKind: IdentifiedKind { package static let prefix = "stop" }

package typealias AccountID = Identifier<AccountKind>
package typealias SessionID = Identifier<SessionKind>
package typealias DepartureID = Identifier<DepartureKind>
package typealias BusID = Identifier<BusKind>
package typealias BookingID = Identifier<BookingKind>
package typealias JournalEntryID = Identifier<JournalEntryKind>
package typealias RouteID = Identifier<RouteKind>
package typealias StopID = Identifier<StopKind>
