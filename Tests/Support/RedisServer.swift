import Foundation
package import Logging
import NIOPosix
package import Storage
import Synchronization

/// A `redis-server` of a test's own: on 127.0.0.1, on a free port, keeping nothing.
package final class RedisServer: Sendable {
    package struct Options: Sendable {
        /// What a default user has to say; nil if it need say nothing.
        package var password: String?
        /// Further users: their names, passwords and rules (`~* &* +@all`).
        package var users: [(name: String, password: String, rules: String)] = []
        /// Bytes of values, beyond which writing is refused.
        package var maxMemory: Int?
        /// Whether it speaks TLS, with a certificate of its own for `localhost` and 127.0.0.1.
        package var isTLS = false
        /// Further lines of its configuration.
        package var lines: [String] = []

        package init(
            password: String? = nil, users: [(name: String, password: String, rules: String)] = [],
            maxMemory: Int? = nil, isTLS: Bool = false, lines: [String] = []
        ) {
            self.password = password
            self.users = users
            self.maxMemory = maxMemory
            self.isTLS = isTLS
            self.lines = lines
        }
    }

    package let port: Int
    private let options: Options
    private let folder: TemporaryFolder
    private let process: Mutex<ChildProcess>

    private init(options: Options, folder: TemporaryFolder, port: Int, process: ChildProcess) {
        self.options = options
        self.folder = folder
        self.port = port
        self.process = Mutex(process)
    }

    /// Starts a server and waits until it takes connections.
    package static func start(_ options: Options = Options()) async throws -> RedisServer {
        let folder = try TemporaryFolder("redis")
        for password in [options.password].compactMap(\.self) + options.users.map(\.password) {
            SecretWatch.learn(password, .connection)
        }
        if options.isTLS { try await makeCertificate(in: folder) }
        var attempts = 3
        while true {
            let port = try freePort()
            do {
                let process = try await launch(options, folder, port)
                return RedisServer(options: options, folder: folder, port: port, process: process)
            } catch {
                // The port was free a moment ago; another may have got it since.
                attempts -= 1
                if attempts == 0 { throw error }
            }
        }
    }

    /// Runs `body` against a server of its own, and ends the server whatever comes of it.
    @discardableResult
    package static func with<Value: Sendable>(
        _ options: Options = Options(), _ body: (RedisServer) async throws -> Value
    ) async throws -> Value {
        let server = try await start(options)
        do {
            let value = try await body(server)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    // MARK: Where it is

    /// For the default user.
    package var url: String { url(user: nil, password: options.password) }

    /// - Parameters:
    ///   - user: nil for the default user.
    ///   - password: nil to say none.
    package func url(user: String? = nil, password: String? = nil, database: Int = 0) -> String {
        let encoded = { (text: String) in text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
        let who = password.map { "\(user.map(encoded) ?? ""):\(encoded($0))@" } ?? ""
        return "\(options.isTLS ? "rediss" : "redis")://\(who)127.0.0.1:\(port)/\(database)"
    }

    /// The certificate that it is known by, where it speaks TLS.
    package var certificate: String? { options.isTLS ? folder.file("server.crt").path(percentEncoded: false) : nil }

    // MARK: What may happen to it

    /// Ends it kindly. It can be started again.
    package func stop() async {
        resume()
        if current.isRunning { await SecretWatch.note(self) }
        await current.end()
    }

    /// Ends it at once, wherever it stands.
    package func kill() async throws {
        current.kill9()
        try await current.waitForExit(seconds: 10)
    }

    /// Starts it again on its port, with nothing in it; it is killed first, if it runs.
    package func restart() async throws {
        try await kill()
        let process = try await Self.launch(options, folder, port)
        self.process.withLock { $0 = process }
    }

    /// Stops it in mid-air (SIGSTOP): the system still takes connections and bytes for it.
    package func pause() { current.send(SIGSTOP) }

    /// Lets it go on (SIGCONT).
    package func resume() { current.send(SIGCONT) }

    /// Removes every key.
    package func flush() async throws {
        try await command(["FLUSHALL"])
    }

    /// Sends a command over a connection of its own, as the default user.
    @discardableResult
    package func command(_ arguments: [RedisArgument]) async throws -> RedisReply {
        try await Self.running(client()) { client in try await client.send(arguments) }
    }

    // MARK: Clients

    /// A machine that runs all tests at once is slow, and no test is about that.
    package static let patient = RedisOptions(commandTimeout: .seconds(20), connectTimeout: .seconds(20))

    /// A client, which nobody runs yet.
    package func client(
        url: String? = nil, _ options: RedisOptions = RedisServer.patient, logger: Logger = StoreFixture.silent
    ) throws -> RedisClient {
        RedisClient(
            endpoint: try RedisEndpoint(url: url ?? self.url), options: trusting(options),
            group: MultiThreadedEventLoopGroup.singleton, logger: logger
        )
    }

    /// A subscriber, which nobody runs yet.
    package func subscriber(
        url: String? = nil, channels: [String], _ options: RedisOptions = RedisServer.patient,
        logger: Logger = StoreFixture.silent
    ) throws -> RedisSubscriber {
        RedisSubscriber(
            endpoint: try RedisEndpoint(url: url ?? self.url), options: trusting(options), channels: channels,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger
        )
    }

    /// Runs a client for as long as `body` does, and closes it whatever comes of it.
    @discardableResult
    package static func running<Value: Sendable>(
        _ client: RedisClient, _ body: (RedisClient) async throws -> Value
    ) async throws -> Value {
        let running = Task { await client.run() }
        do {
            let value = try await body(client)
            client.stop()
            await running.value
            return value
        } catch {
            client.stop()
            await running.value
            throw error
        }
    }

    private func trusting(_ options: RedisOptions) -> RedisOptions {
        var options = options
        options.caCertificates = options.caCertificates ?? certificate
        return options
    }

    // MARK: How it is started

    private var current: ChildProcess { process.withLock { $0 } }

    private static func launch(_ options: Options, _ folder: TemporaryFolder, _ port: Int) async throws -> ChildProcess {
        let configuration = folder.file("redis.conf")
        try lines(options, folder, port).joined(separator: "\n").write(to: configuration, atomically: true, encoding: .utf8)
        let process = try ChildProcess(
            try locate("redis-server"), [configuration.path(percentEncoded: false)], in: folder.url
        )
        do {
            let line = try await withDeadline(20, "redis-server to take connections") {
                await process.output.firstLine { $0.contains("Ready to accept connections") }
            }
            guard line != nil else { throw DidNotStart() }
            return process
        } catch {
            await process.end()
            throw ChildProcessFailure(
                what: "redis-server did not start: \(error)", output: process.output.text, errors: process.errors.text
            )
        }
    }

    private static func lines(_ options: Options, _ folder: TemporaryFolder, _ port: Int) -> [String] {
        var lines = [
            "bind 127.0.0.1", "save \"\"", "appendonly no", "dir \"\(folder.path)\"", "daemonize no", "logfile \"\"",
        ]
        if options.isTLS {
            let (certificate, key) = (folder.file("server.crt"), folder.file("server.key"))
            lines += [
                "port 0", "tls-port \(port)", "tls-auth-clients no",
                "tls-cert-file \"\(certificate.path(percentEncoded: false))\"",
                "tls-key-file \"\(key.path(percentEncoded: false))\"",
                "tls-ca-cert-file \"\(certificate.path(percentEncoded: false))\"",
            ]
        } else {
            lines.append("port \(port)")
        }
        if let password = options.password { lines.append("requirepass \"\(password)\"") }
        for user in options.users { lines.append("user \(user.name) on >\(user.password) \(user.rules)") }
        if let bytes = options.maxMemory { lines += ["maxmemory \(bytes)", "maxmemory-policy noeviction"] }
        return lines + options.lines + [""]
    }

    private static func makeCertificate(in folder: TemporaryFolder) async throws {
        let process = try ChildProcess(
            try locate("openssl"),
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", "server.key", "-out", "server.crt",
            ],
            in: folder.url
        )
        let exit = try await process.waitForExit()
        guard exit == .code(0) else {
            throw ChildProcessFailure(
                what: "no certificate was made: \(exit)", output: process.output.text, errors: process.errors.text
            )
        }
    }

    private static func locate(_ program: String) throws -> URL {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/bin"
        for folder in path.split(separator: ":") {
            let file = URL(filePath: String(folder)).appending(path: program)
            if FileManager.default.isExecutableFile(atPath: file.path(percentEncoded: false)) { return file }
        }
        throw NotInstalled(program: program)
    }

    /// A port that nobody listens on at the moment.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard status else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EADDRINUSE) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private struct DidNotStart: Error, CustomStringConvertible {
        let description = "it ended before it took connections"
    }

    private struct NotInstalled: Error, CustomStringConvertible {
        let program: String
        var description: String { "\(program) is not installed" }
    }
}
