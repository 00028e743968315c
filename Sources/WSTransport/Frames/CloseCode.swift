/// Why a WebSocket ends: RFC 6455, section 7.4, and the house's own codes from 4000, whose hundreds say what a client
/// should do (41xx: see to the session; 42xx: reconnect and resume; 43xx: back off).
package struct CloseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let normal = CloseCode(rawValue: 1000)
    /// The connection is too old: reconnect and resume.
    package static let goingAway = CloseCode(rawValue: 1001)
    package static let protocolError = CloseCode(rawValue: 1002)
    /// A text that is not UTF-8.
    package static let invalidData = CloseCode(rawValue: 1007)
    package static let tooBig = CloseCode(rawValue: 1009)
    /// The server stops: reconnect after the time that it named.
    package static let restart = CloseCode(rawValue: 1012)
    package static let overload = CloseCode(rawValue: 1013)
    /// The token has ended: refresh it and reconnect.
    package static let sessionExpired = CloseCode(rawValue: 4100)
    /// The session was replaced, closed or revoked: stop.
    package static let sessionEnded = CloseCode(rawValue: 4101)
    package static let slowReader = CloseCode(rawValue: 4200)
    /// No sign of life: reconnect and resume.
    package static let silent = CloseCode(rawValue: 4201)
    package static let rate = CloseCode(rawValue: 4300)
    package static let tooManyConnections = CloseCode(rawValue: 4301)
    /// The origin may not use this server: stop.
    package static let refused = CloseCode(rawValue: 4403)

    /// Whether an endpoint may send the code: not those that only stand for an absent one (1005, 1006, 1015), and
    /// none that nobody has given a meaning to.
    var mayBeSent: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
