import Foundation
import Support
import Testing

extension EndToEnd {
    /// From an empty server to its staff, through the built binary.
    @Suite(.timeLimit(.minutes(3)))
    struct Admin {
        private static let password = "violet-harbour-tram-27"
        private static let owner = "owner@example.test"
        private static let ravi = "ravi@example.test"
        /// One person does in a minute what takes a day else.
        private static let settings = [
            "FAREBUS_LIMITS_ENABLED": "false", "FAREBUS_CODES_PAUSE_BETWEEN_MAILS": "0",
            "FAREBUS_CODES_MAILS_PER_HOUR": "1000",
        ]

        @Test(
            "The first god admin is made at the machine, appoints staff, suspends them, and can't go; the audit log has it all"
        )
        func staff() async throws {
            let place = try await ServerPlace("admin")
            let made = try await Self.createGod(Self.owner, in: place)
            #expect(made.exit == .code(0), "\(made.errors)")
            let store = TestEngine.isSQLite ? place.data.lastPathComponent : "mongodb://"
            #expect(made.output.contains(store), "\(made.output)")
            try await ServerProcess.with(in: place, demo: false, environment: Self.settings) { server in
                let mailbox = Mailbox(server)
                let god = try await StaffMember.signIn(Self.owner, Self.password, server, mailbox)

                let unproved = try await god.door.send(.appoint(Self.ravi))
                #expect(unproved.status == 403)
                #expect(unproved.code == "step_up_required")
                try await god.stepUp(mailbox)
                let appointed = try await god.door.send(.appoint(Self.ravi))
                #expect(appointed.status == 201)
                let id = try #require(appointed.json["account"].string)

                try await setFirstPassword(server, mailbox)
                let conductor = try await StaffMember.signIn(Self.ravi, Self.password, server, mailbox)
                #expect(try await conductor.door.send(.session).json["role"].string == "conductor")
                #expect(try await conductor.door.send(.audit).code == "not_allowed")
                let socket = try await SocketDoor.open(server, token: conductor.door.token)
                #expect(try await socket.send(.session).status == 200)

                try await god.stepUp(mailbox)
                let suspended = try await god.door.send(.staff("suspend", id))
                #expect(suspended.json["state"].string == "suspended")
                #expect(try await conductor.door.send(.session).status == 401, "the very next request")
                #expect(try await socket.closeCode() == 4101)
                let refused = try await god.door.send(.open(Self.ravi, Self.password))
                #expect(refused.code == "account_suspended")

                let second = try await Self.createGod("second@example.test", in: place)
                #expect(second.exit == .code(0), "beside a running server: \(second.errors)")
                let other = try #require(try await god.staff("second@example.test"))
                // The last one who is left can't go, whichever it is; the other one could.
                try await god.stepUp(mailbox)
                #expect(try await god.door.send(.staff("revoke", other)).json["state"].string == "closed")
                try await god.stepUp(mailbox)
                let me = try #require(try await god.staff(Self.owner))
                let last = try await god.door.send(.staff("revoke", me))
                #expect(last.status == 409)
                #expect(last.code == "last_god_admin")

                let entries = try await god.door.send(.audit).json["items"].array
                #expect(
                    entries.map { "\($0["action"].string ?? "") \($0["actor"].string ?? "") \($0["subject"].string ?? "")" }
                        == [
                            "staff.revoke \(me) \(other)", "admin.create-god system \(other)",
                            "staff.suspend \(me) \(id)", "password.reset.complete \(id) \(id)",
                            "staff.create \(me) \(id)", "admin.create-god system \(me)",
                        ]
                )
                #expect(entries[2]["reason"].string == "A reason")
                #expect(entries[2]["before"]["state"].string == "active")
                #expect(entries[2]["after"]["state"].string == "suspended")
            }
            let list = try await place.run(["admin", "list-staff"])
            #expect(list.exit == .code(0))
            let lines = list.output.split(separator: "\n")
            #expect(lines.count == 2, "\(list.output)")
            #expect(lines.contains { $0.contains("god_admin  active  \(Self.owner)  mail  has a password  Owner") })
            #expect(lines.contains { $0.contains("conductor  suspended  \(Self.ravi)  mail  has a password  Ravi Menon") })
            try await EndToEnd.expectClean(place)
        }

        @Test("What can't be made is said, and leaves nothing behind")
        func refusals() async throws {
            let place = try await ServerPlace("admin-refusals")
            #expect(try await Self.createGod(Self.owner, in: place).exit == .code(0))
            let wrong: [(email: String, name: String, password: String, says: String)] = [
                (Self.owner, "Owner", Self.password, "already"), ("nowhere", "Owner", Self.password, "--email"),
                ("two@example.test", "  ", Self.password, "--name"), ("two@example.test", "Owner", "short", "password"),
                ("two@example.test", "Owner", "password123", "easy to guess"), ("two@example.test", "Owner", "", "password"),
                ("two@example.test", "Owner", "two@example.test", "e-mail address"),
            ]
            for (email, name, password, says) in wrong {
                let refused = try await Self.createGod(email, name: name, password: password, in: place)
                #expect(refused.exit != .code(0))
                #expect(refused.errors.contains(says), "\(email) \(name): \(refused.errors)")
                #expect(password.isEmpty || password == email || !refused.errors.contains(password))
            }
            // An address that can't be taken is said before anybody is asked for a password, and here nobody is there to be.
            let early = try await place.run(["admin", "create-god", "--email", Self.owner, "--name", "Owner"])
            #expect(early.exit != .code(0))
            #expect(early.errors.contains("already") && !early.errors.contains("terminal"), "\(early.errors)")
            // Nobody is there to be asked, and no argument takes a password.
            let unasked = try await place.run(["admin", "create-god", "--email", "two@example.test", "--name", "Two"])
            #expect(unasked.exit != .code(0))
            let argument = try await place.run(
                ["admin", "create-god", "--email", "two@example.test", "--name", "Two", "--password", Self.password]
            )
            #expect(argument.exit != .code(0))
            let list = try await place.run(["admin", "list-staff"])
            #expect(list.output.split(separator: "\n").count == 1, "\(list.output)")
        }

        /// The conductor's first password, by the mailed code of a reset.
        private func setFirstPassword(_ server: ServerProcess, _ mailbox: Mailbox) async throws {
            let door = RESTDoor(server: server, token: nil)
            let started = try await door.send(.post("password.reset.start", "/v1/password-resets", ["email": Self.ravi]))
            #expect(started.status == 202)
            let verified = try await door.send(
                .post(
                    "password.reset.verify", "/v1/password-resets/verify",
                    [
                        "challenge": try #require(started.json["challenge"].string),
                        "code": try await mailbox.code(to: Self.ravi),
                    ]
                )
            )
            let completed = try await door.send(
                .post(
                    "password.reset.complete", "/v1/password-resets/complete",
                    ["reset": try #require(verified.json["reset"].string), "password": Self.password]
                )
            )
            #expect(completed.status == 200)
        }

        /// Runs `farebus admin create-god` with a password on its standard input, as a script of an operator's would.
        private static func createGod(
            _ email: String, name: String = "Owner", password: String = password, in place: ServerPlace
        ) async throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
            let environment = place.environment.merging([
                "PASSWORD": password, "BINARY": try FarebusBinary.locate().path(percentEncoded: false), "EMAIL": email,
                "NAME": name, "DATA": place.data.path(percentEncoded: false),
            ]) { $1 }
            let script = """
                printf '%s\\n' "$PASSWORD" | "$BINARY" admin create-god --email "$EMAIL" --name "$NAME" \
                --password-stdin --data "$DATA"
                """
            let shell = try ChildProcess(URL(filePath: "/bin/sh"), ["-c", script], environment: environment)
            let exit = try await shell.waitForExit(seconds: 60)
            try await withDeadline(5, "the end of its output") { _ = await shell.errors.firstLine { _ in false } }
            try await withDeadline(5, "the end of its output") { _ = await shell.output.firstLine { _ in false } }
            // It is not the shell's.
            for text in [shell.output.text, shell.errors.text] { SecretWatch.saw(text, in: .output) }
            return (exit, shell.output.text, shell.errors.text)
        }
    }
}

/// Somebody who is signed in.
private struct StaffMember {
    let email: String
    let door: RESTDoor

    static func signIn(
        _ email: String, _ password: String, _ server: ServerProcess, _ mailbox: Mailbox
    ) async throws -> StaffMember {
        let nobody = RESTDoor(server: server, token: nil)
        let opened = try await nobody.send(.open(email, password))
        let challenge = try #require(opened.json["challenge"].string, "\(String(decoding: opened.body, as: UTF8.self))")
        let verified = try await nobody.send(
            .post(
                "session.verify", "/v1/sessions/verify",
                ["challenge": challenge, "code": try await mailbox.code(to: email)]
            )
        )
        let token: String = try #require(verified.json["token"].string)
        return StaffMember(email: email, door: RESTDoor(server: server, token: token))
    }

    func stepUp(_ mailbox: Mailbox) async throws {
        let started = try await door.send(.post("stepup.start", "/v1/step-ups", ["purpose": "staff_change"]))
        #expect(started.status == 202)
        let verified = try await door.send(
            .post(
                "stepup.verify", "/v1/step-ups/verify",
                [
                    "challenge": try #require(started.json["challenge"].string),
                    "code": try await mailbox.code(to: email),
                ]
            )
        )
        #expect(verified.status == 200)
    }

    /// The account of a member of staff.
    func staff(_ email: String) async throws -> String? {
        let list = try await door.send(
            Ask(command: "staff.list", input: #"{"limit":200}"#, method: "GET", path: "/v1/staff?limit=200", body: nil)
        )
        return list.json["items"].array.first { $0["email"].string == email }?["id"].string
    }
}

/// The letters of a server, each read once.
private actor Mailbox {
    private let mail: LocalMail
    private var read: Set<String> = []

    init(_ server: ServerProcess) {
        mail = LocalMail(server)
    }

    /// The code of the next letter to an address.
    func code(to email: String) async throws -> String {
        let found = try await mail.code(to: email, read: read)
        read.insert(found.letter)
        return found.code
    }
}

extension Ask {
    fileprivate static let audit = Ask(
        command: "audit.list", input: "{}", method: "GET", path: "/v1/audit", body: nil
    )

    fileprivate static func open(_ email: String, _ password: String) -> Ask {
        .post("session.open", "/v1/sessions", ["email": email, "password": password])
    }

    fileprivate static func appoint(_ email: String) -> Ask {
        .post(
            "staff.create", "/v1/staff",
            ["email": email, "name": "Ravi Menon", "role": "conductor", "reason": "Joins the morning shift"]
        )
    }

    fileprivate static func staff(_ verb: String, _ id: String) -> Ask {
        Ask(
            command: "staff.\(verb)", input: #"{"id":"\#(id)","reason":"A reason"}"#, method: "POST",
            path: "/v1/staff/\(id)/\(verb)", body: #"{"reason":"A reason"}"#
        )
    }
}
