import Foundation
import NIOCore

/// Measures whether the time of an answer tells if an address has an account.
struct Timing {
    /// A question that is asked about addresses with and without an account, or two that have to be told apart.
    struct Case: Sendable {
        let name: String
        let known: @Sendable (Int) -> Call
        let unknown: @Sendable (Int) -> Call
    }

    let tries: Int
    let port: Int
    let world: World
    let loop: any EventLoop

    /// Addresses of the demo that have an account, and as many, as long, that have none.
    private static let addresses = 200

    private static func known(_ number: Int) -> String { "rider\(number % addresses + 1)@demo.test" }
    private static func unknown(_ number: Int) -> String { "raven\(number % addresses + 1)@demo.test" }

    private static func post(_ path: String, _ body: String) -> Call { .post(path: path, body: body, client: nil) }

    private static func signIn(_ email: String) -> Call {
        post("/v1/sessions", #"{"email":"\#(email)","password":"not the password"}"#)
    }

    private static func mailed(_ path: String) -> (_ email: String) -> Call {
        { post(path, #"{"email":"\#($0)"}"#) }
    }

    static let cases: [Case] = [
        Case(name: "session.open", known: { signIn(known($0)) }, unknown: { signIn(unknown($0)) }),
        Case(
            name: "registration.start", known: { mailed("/v1/registrations")(known($0)) },
            unknown: { mailed("/v1/registrations")(unknown($0)) }
        ),
        Case(
            name: "password.reset.start", known: { mailed("/v1/password-resets")(known($0)) },
            unknown: { mailed("/v1/password-resets")(unknown($0)) }
        ),
        // What it would look like if nothing were hashed for an address without an account.
        Case(
            name: "control: no hash", known: { signIn(known($0)) },
            unknown: { number in
                let challenge = String(repeating: "A", count: 43)
                return post("/v1/sessions/verify", #"{"challenge":"\#(challenge)","code":"\#(10_000_000 + number)"}"#)
            }
        ),
        // What it looks like where there is no difference at all.
        Case(name: "control: the same", known: { signIn(known($0)) }, unknown: { signIn(known($0)) }),
    ]

    func run() async throws -> TimingReport {
        let asker = try await Asker.connect(world, port: port, on: loop)
        defer { loop.execute { asker.value.close() } }
        func ask(_ call: Call) async throws -> Asker.Answer {
            try await loop.flatSubmit { asker.value.ask(call) }.get()
        }
        var rows: [TimingReport.Row] = []
        for chosen in Self.cases {
            // The first ones warm up, and are thrown away.
            for number in 0..<min(50, tries) {
                _ = try await ask(number % 2 == 0 ? chosen.known(number) : chosen.unknown(number))
            }
            var order = Array(repeating: true, count: tries) + Array(repeating: false, count: tries)
            order.shuffle()
            var (known, unknown) = ([Double](), [Double]())
            var statuses: [Bool: Set<Int>] = [:]
            for isKnown in order {
                let call = isKnown ? chosen.known(known.count) : chosen.unknown(unknown.count)
                let answer = try await ask(call)
                if answer.status == 429 { throw LoadFailure("the server limits: \(String(buffer: answer.body))") }
                statuses[isKnown, default: []].insert(answer.status)
                let milliseconds = Double(answer.nanoseconds) / 1e6
                if isKnown { known.append(milliseconds) } else { unknown.append(milliseconds) }
            }
            rows.append(TimingReport.Row(chosen.name, known: known, unknown: unknown, statuses: statuses))
        }
        return TimingReport(tries: tries, rows: rows)
    }
}
