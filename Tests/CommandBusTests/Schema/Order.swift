@testable import CommandBus

/// An input with a field of every shape, for the tests of schemas.
struct Order: Codable, Sendable, Equatable {
    struct Line: Codable, Sendable, Equatable {
        let item: Text<1, 20>
        let count: Bounded<1, 9>
        let gift: Bool?
    }

    let id: DepartureID
    let email: EmailAddress?
    let lines: [Line]
    let extra: Line?
    let labels: [String: Int]?
    let weight: Double
    let window: ServiceWindow
    let on: CivilDate?
    let at: Timestamp?
    let wish: String
    let small: UInt8
    let signed: Int64?
    let express: Bool

    static let text = """
        {"id":"d_1","lines":[{"item":"bread","count":2}],"weight":1.5,"window":"ticketing","wish":"","small":7,\
        "express":true}
        """
}

/// An input whose fields are all plain, which takes the short way through the decoder.
struct Parcel: Codable, Sendable, Equatable {
    let name: Text<2, 5>
    let count: Bounded<1, 9>
    let note: String?
    let weight: Double?
    let express: Bool?
}
