import Foundation
import Support
import Testing

extension EndToEnd {
    /// What the server will not start with.
    @Suite(.timeLimit(.minutes(2)))
    struct Refusal {
        @Test("Wrong options are all named at once, wherever they stand")
        func wrongOptions() async throws {
            let folder = try TemporaryFolder("options")
            let run = try await FarebusBinary.run(
                ["serve", "--port", "99999", "--data", folder.path, "--log-level", "loud", "--no-such-option", "x"],
                environment: ["FAREBUS_FEEDS_TRANSPORT": "pigeon", "FAREBUS_NO_SUCH_NAME": "1"]
            )
            #expect(run.exit == .code(2))
            for name in [
                "--port", "--log-level", "--no-such-option", "FAREBUS_FEEDS_TRANSPORT", "FAREBUS_NO_SUCH_NAME",
            ] {
                #expect(run.errors.contains(name), "\(name) is not in: \(run.errors)")
            }
            #expect(!run.output.contains("Listening"))
        }

        @Test("A folder has one server at a time, and the first one does not mind")
        func secondServer() async throws {
            let place = try await ServerPlace("two-servers")
            try await ServerProcess.with(in: place) { server in
                let second = try await place.run(["serve", "--host", "127.0.0.1", "--port", "0", "--demo"])
                #expect(second.exit != .code(0))
                #expect(!second.output.contains("Listening"))
                #expect(second.errors.contains(place.data.lastPathComponent), "\(second.errors)")
                let demo = try Demo(server)
                #expect(try await demo.rest(1).send(.wallet).status == 200)
            }
        }

        @Test("--demo keeps off data that is no demo's, and a plain start keeps off a demo's")
        func otherData() async throws {
            let (real, demo) = (try await ServerPlace("real"), try await ServerPlace("demo"))
            try await ServerProcess.with(in: real, demo: false) { server in
                _ = try await RESTDoor(server: server, token: nil).register("asha@example.test", LocalMail(server))
            }
            try await ServerProcess.with(in: demo, demo: true) { _ in }
            for (place, flags) in [(real, ["--demo"]), (demo, [])] {
                let run = try await place.run(["serve", "--host", "127.0.0.1", "--port", "0"] + flags)
                #expect(run.exit != .code(0))
                #expect(!run.output.contains("Listening"))
                #expect(
                    run.errors.contains(TestEngine.isSQLite ? place.data.lastPathComponent : "database"), "\(run.errors)")
            }
            let sessions = real.folder.file("demo-sessions.json").path(percentEncoded: false)
            #expect(!FileManager.default.fileExists(atPath: sessions))
        }

        @Test("A demo goes on with its own data, and says that it is one")
        func demoAgain() async throws {
            let place = try await ServerPlace("demo-again")
            var token = ""
            try await ServerProcess.with(in: place) { server in
                let demo = try Demo(server)
                token = try demo.rider(1)
                #expect((server.process.output.text + server.process.errors.text).lowercased().contains("demo"))
            }
            try await ServerProcess.with(in: place) { server in
                let demo = try Demo(server)
                #expect(try demo.rider(1) == token, "the sessions stay the same")
                #expect(try await demo.rest(1).send(.wallet).status == 200)
            }
        }
    }
}
