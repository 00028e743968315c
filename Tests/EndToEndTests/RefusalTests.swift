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
            let folder = try TemporaryFolder("two-servers")
            try await ServerProcess.with(data: folder.url) { server in
                let second = try await FarebusBinary.run(
                    ["serve", "--host", "127.0.0.1", "--port", "0", "--data", folder.path, "--demo"]
                )
                #expect(second.exit != .code(0))
                #expect(!second.output.contains("Listening"))
                #expect(second.errors.contains(folder.url.lastPathComponent), "\(second.errors)")
                let demo = try Demo(server)
                #expect(try await demo.rest(1).send(.wallet).status == 200)
            }
        }

        @Test("--demo keeps off data that is no demo's, and a plain start keeps off a demo's")
        func otherData() async throws {
            let (real, demo) = (try TemporaryFolder("real"), try TemporaryFolder("demo"))
            try await ServerProcess.with(data: real.url, demo: false) { server in
                _ = try await RESTDoor(server: server, token: nil).register("asha@example.test", LocalMail(server))
            }
            try await ServerProcess.with(data: demo.url, demo: true) { _ in }
            for (folder, flags) in [(real, ["--demo"]), (demo, [])] {
                let run = try await FarebusBinary.run(
                    ["serve", "--host", "127.0.0.1", "--port", "0", "--data", folder.path] + flags
                )
                #expect(run.exit != .code(0))
                #expect(!run.output.contains("Listening"))
                #expect(run.errors.contains(folder.url.lastPathComponent), "\(run.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: real.file("demo-sessions.json").path(percentEncoded: false)))
        }

        @Test("A demo goes on with its own data, and says that it is one")
        func demoAgain() async throws {
            let folder = try TemporaryFolder("demo-again")
            var token = ""
            try await ServerProcess.with(data: folder.url) { server in
                let demo = try Demo(server)
                token = try demo.rider(1)
                #expect((server.process.output.text + server.process.errors.text).lowercased().contains("demo"))
            }
            try await ServerProcess.with(data: folder.url) { server in
                let demo = try Demo(server)
                #expect(try demo.rider(1) == token, "the sessions stay the same")
                #expect(try await demo.rest(1).send(.wallet).status == 200)
            }
        }
    }
}
