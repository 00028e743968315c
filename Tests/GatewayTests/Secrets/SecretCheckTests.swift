import Foundation
import Support
import Testing

/// What `scripts/check-secrets` says of a run: it must find what is there, and must not pass for want of looking.
@Suite("The search for secrets after a run")
struct SecretCheckTests {
    private static let token = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"
    /// A client has made up a token of its own, which is no secret.
    private static let said = """
        {"challenge":"x","code":"73519264","password":"violet-harbour-tram-27","token":"\(madeUp)"}
        """
    private static let madeUp = "TWFkZSB1cCBieSBhIHRlc3QsIGFuZCBuZXZlcgo5MDE"
    private static let got = """
        {"challenge":"Zm9yIGEgY2hhbGxlbmdlIG9mIHNvbWVib2R5IGVsc2U"}
        {"token":"\(token)","secret":"JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ","recoveryCodes":["7h2kq-x9m4z"]}
        """
    private static let learned = "key\tVGhpcyBrZXkgaXMga25vd24gdG8gbm9ib2R5IGVsc2U=\nconnection\tmain-sesame\n"

    /// Runs the script over files of a run, and tells how it ended and what it wrote.
    private func check(_ seen: [String: String], _ options: [String] = ["--partial"]) async throws -> (Int32, String) {
        let folder = try TemporaryFolder("secrets")
        var files = ["said.1": Self.said, "got.1": Self.got, "secrets.1": Self.learned]
        for (place, text) in seen { files["seen-\(place).1"] = text + "\n" }
        for (name, text) in files { try text.write(to: folder.file(name), atomically: true, encoding: .utf8) }
        let package = URL(filePath: #filePath).appending(path: "../../../..").standardized
        let process = try ChildProcess(package.appending(path: "scripts/check-secrets"), [folder.path] + options)
        guard case .code(let code) = try await process.waitForExit() else { return (-1, "") }
        _ = await process.errors.firstLine { _ in false }
        return (code, process.errors.text)
    }

    @Test("What holds none passes, also where something only looks like one")
    func clean() async throws {
        let (code, text) = try await check([
            "logs": "info nothing 173519264 73519264x q83vEjRWeJCrze8SNFZ4",
            "problems": #"{"code":"invalid_code","token":"\#(Self.madeUp)"}"#,
            "tables": "accounts\tpassword_hash=$argon2id$v=19$m=19456",
        ])
        #expect(code == 0 && text.isEmpty)
    }

    @Test(
        "A secret is found, however it is written, and is not repeated",
        arguments: [
            ("token", "info token=\(token)"), ("token", "xx\(token)xx"),
            ("token", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="),
            ("token", "abcdef1234567890abcdef1234567890abcdef1234567890abcdef1234567890"),
            (
                "token",
                "[171, 205, 239, 18, 52, 86, 120, 144, 171, 205, 239, 18, 52, 86, 120, 144, 171, 205, 239, 18, 52, 86, 120, "
                    + "144, 171, 205, 239, 18, 52, 86, 120, 144]"
            ),
            ("code", "the code 73519264."), ("code", #"{"code":"73519264"}"#), ("password", "is violet-harbour-tram-27"),
            ("recovery", "7h2kq-x9m4z"), ("recovery", "7H2KQ-X9M4Z"), ("recovery", "x 7h2kqx9m4z x"),
            ("authenticator", "otpauth://totp/A:b?secret=JBSWY3DPEHPK3PXPGEZDGNBVGY3TQOJQ&issuer=A"),
            ("key", "54686973206b6579206973206b6e6f776e20746f206e6f626f647920656c7365"),
            ("connection", "redis://:main-sesame@127.0.0.1"), ("hash of a password", "events\tdata=$argon2id$v=19$m=64"),
        ], ["logs", "tables"]
    )
    func found(planted: (kind: String, text: String), place: String) async throws {
        let (code, text) = try await check([place: "before\n\(planted.text)\nafter"])
        #expect(code == 1)
        #expect(text.contains("seen-\(place).1:2: \(planted.kind)\n"))
        #expect(!text.contains(planted.text))
    }

    @Test("A whole run that met next to nothing does not pass")
    func tooLittle() async throws {
        let (code, text) = try await check(["logs": "info"], [])
        #expect(code == 2)
        #expect(text.contains("too little") && text.contains("token") && text.contains("problems"))
    }
}
