import CommandBus
import Cryptography
import Foundation
import Support
import Testing

@testable import Auth

@Suite("What is said about staff, and what is kept of it")
struct StaffInputTests {
    private let house: AuthHouse
    private let token: String

    init() async throws {
        house = try await AuthHouse("staff-input")
        token = try await house.session(of: try await house.add("god@example.com", role: .godAdmin))
    }

    @Test("Bad input names the field and the rule, and leaves nothing behind")
    func badInput() async throws {
        let ravi = try await house.add("ravi@example.com", role: .conductor)
        try await house.stepUpAgain(token)
        let before = try await house.traces()
        let good = ["email": "new@example.com", "name": "New One", "role": "conductor", "reason": "A reason"]
        let wrong: [(field: String, value: String)] = [
            ("email", "new@example"), ("email", "n\u{435}w@example.com"), ("email", ""), ("name", "  "),
            ("name", String(repeating: "x", count: 81)), ("role", "rider"), ("role", "god"), ("reason", ""),
            ("reason", String(repeating: "x", count: 201)), ("reason", "one\nline"),
        ]
        for (field, value) in wrong {
            let reply = try await house.send("staff.create", good.merging([field: value]) { $1 }, as: token)
            #expect(reply.status == 422, "\(field) \(value)")
            #expect(reply.problem?.errors?.map(\.pointer) == ["/\(field)"], "\(field) \(value)")
        }
        for field in good.keys {
            let reply = try await house.send("staff.create", good.filter { $0.key != field }, as: token)
            #expect(reply.violations == ["/\(field) is required"])
        }
        let nothing = try await house.send("staff.update", ["id": ravi.id.raw, "reason": "A reason"], as: token)
        #expect(nothing.status == 422)
        #expect(nothing.violations == [" must have a name or a role that is to be changed"])
        for command in ["staff.suspend", "staff.reinstate", "staff.revoke", "staff.update"] {
            #expect(
                try await house.send(
                    command,
                    ["id": ravi.id.raw, "role": "developer"].filter {
                        command == "staff.update" || $0.key == "id"
                    }, as: token
                ).violations == ["/reason is required"], "\(command)"
            )
        }
        #expect(try await house.send("staff.list", ["role": "rider"], as: token).status == 422)
        #expect(try await house.send("staff.list", ["after": "YR9h"], as: token).status == 422)
        #expect(try await house.traces() == before)
    }

    @Test("One key is one appointment; a refusal for want of a step-up is no answer for good")
    func idempotency() async throws {
        let json = #"{"email":"ravi@example.com","name":"Ravi","reason":"Joins","role":"conductor"}"#
        func send() async throws -> CommandReply {
            try await house.bus.send("staff.create", json, as: token, key: "k")
        }
        #expect(try await send().code == "step_up_required")
        try await house.stepUpAgain(token)
        let made = try await send()
        #expect(made.status == 201)
        let again = try await send()
        #expect(again.body == made.body)
        #expect(again.isReplay)
        #expect(try await house.letters(to: "ravi@example.com").count == 1)
        #expect(try await house.audit().count == 1)
    }

    @Test("What is kept for good names nobody but by identifier")
    func namesNobody() async throws {
        let (email, name) = ("zebedee@example.com", "Zebedee Quill")
        func send(_ command: String, _ input: [String: String]) async throws -> CommandReply {
            try await house.stepUpAgain(token)
            let json = String(decoding: try WireJSON.encode(input), as: UTF8.self)
            return try await house.bus.send(command, json, as: token, key: command)
        }
        let input = ["email": email, "name": name, "role": "conductor", "reason": "Joins"]
        let id = try await send("staff.create", input).output(StaffChange.self).account.raw
        let rename = ["id": id, "name": "Zebedee Q. Quill", "role": "developer", "reason": "Moves"]
        for (command, input) in [
            ("staff.update", rename), ("staff.suspend", ["id": id, "reason": "Lost"]),
            ("staff.reinstate", ["id": id, "reason": "Found"]), ("staff.revoke", ["id": id, "reason": "Gone"]),
        ] {
            #expect(try await send(command, input).status == 200, "\(command)")
        }
        for table in ["audit", "events", "idempotency", "accounts"] {
            let rows = try await house.fixture.kept.rows(of: table)
            #expect(!rows.isEmpty, "\(table) is not looked at in vain")
            // Bytes are written as hexadecimal digits, so texts are looked at by themselves.
            let written = rows.flatMap { row in
                row.written + row.written.compactMap { Self.text(ofHex: $0) }
            }
            #expect(written.allSatisfy { !$0.lowercased().contains("zebedee") }, "\(table)")
        }
        // A control: the letters to the person do name the address.
        #expect(try await house.fixture.kept.rows(of: "mail_outbox").contains { $0.text("recipient") == email })
    }

    private static func text(ofHex hex: String) -> String? {
        guard hex.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        var rest = Substring(hex)
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("At the server's own machine a god admin is made, under the rules of everybody's passwords")
    func foundation() async throws {
        let foundation = StaffFoundation(
            email: EmailAddress(trusted: "owner@example.com"), name: try Text(refining: "Owner"))
        #expect(throws: RuleViolation.self) {
            try foundation.check(try NewPassword(refining: "owner@example.com"), serviceName: "Farebus")
        }
        #expect(throws: RuleViolation.self) {
            try foundation.check(try NewPassword(refining: "campusline"), serviceName: "Campusline")
        }
        try foundation.check(try NewPassword(refining: AuthHouse.password), serviceName: "Farebus")

        let hash = try await house.service.passwords.hasher.hash(AuthHouse.password, salt: Array(0..<16), source: "test")
        try await house.fixture.read { try foundation.checkAddress(in: $0) }
        let id = try await house.fixture.work { work in
            try foundation.make(passwordHash: hash, configuration: AuthConfiguration(), in: work)
        }
        #expect(try await house.letters(to: "god@example.com").map { $0.contains("one more god admin") } == [true])
        #expect(
            try await house.audit()
                == [
                    "system | admin.create-god | \(id) | made at the server's own machine | - "
                        + #"| {"role":"god_admin","state":"active"}"#
                ]
        )
        let token = try await house.signIn("owner@example.com")
        #expect(try await house.send("staff.list", as: token).status == 200)

        let before = try await house.traces()
        let refused = await #expect(throws: Problem.self) {
            _ = try await house.fixture.work { work in
                try foundation.make(passwordHash: hash, configuration: AuthConfiguration(), in: work)
            }
        }
        #expect(refused?.code == .accountExists)
        let early = await #expect(throws: Problem.self) {
            try await house.fixture.read { try foundation.checkAddress(in: $0) }
        }
        #expect(early == refused, "it is said before there is a password")
        #expect(try await house.traces() == before)
    }
}
