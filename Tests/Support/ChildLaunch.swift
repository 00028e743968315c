import Foundation

/// How a child process is started: with nothing of the test's but what is named here.
struct ChildLaunch: Sendable {
    let program: String
    let arguments: [String]
    let environment: [String: String]
    /// Nil for the folder of the test.
    let folder: String?
    let output: Int32
    let errors: Int32

    /// What makes the system end a child whose parent has died.
    private static let guardian = "/usr/bin/setpriv"

    /// Starts it, and closes this side's ends of what it writes to.
    ///
    /// The child ends with the calling thread at the latest, where the system can see to that.
    ///
    /// - Returns: its number.
    func start() throws -> pid_t {
        guard access(program, X_OK) == 0 else { throw Failure(program: program, code: errno) }
        let isGuarded = access(Self.guardian, X_OK) == 0
        let command = (isGuarded ? [Self.guardian, "--pdeathsig", "KILL", "--"] : []) + [program] + arguments
        var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        try SpawnExtra.closeFrom(&actions, STDERR_FILENO + 1)
        if let folder { try SpawnExtra.changeFolder(&actions, folder) }
        // Signals that the test run ignores or holds back are not ignored by a program that a shell starts.
        var (blocked, ordinary) = (sigset_t(), sigset_t())
        sigemptyset(&blocked)
        sigfillset(&ordinary)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setsigdefault(&attributes, &ordinary)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let code = Self.withPointers(command) { arguments in
            Self.withPointers(environment.map { "\($0)=\($1)" }) { variables in
                posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw Failure(program: command[0], code: code) }
        close(output)
        close(errors)
        return pid
    }

    private static func withPointers<Value>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }

    struct Failure: Error, CustomStringConvertible {
        let program: String
        let code: Int32

        var description: String { "\(program) can't be started: \(String(cString: strerror(code)))" }
    }
}

/// Two file actions of glibc that Swift's module of it leaves out.
private enum SpawnExtra {
    private typealias Actions = UnsafeMutablePointer<posix_spawn_file_actions_t>

    /// Closes everything from a descriptor on: sockets of the test are made without `CLOEXEC`.
    static func closeFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ descriptor: Int32) throws {
        let function = try symbol("posix_spawn_file_actions_addclosefrom_np")
        _ = unsafeBitCast(function, to: (@convention(c) (Actions, Int32) -> Int32).self)(actions, descriptor)
    }

    static func changeFolder(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ path: String) throws {
        let function = try symbol("posix_spawn_file_actions_addchdir_np")
        _ = path.withCString {
            unsafeBitCast(function, to: (@convention(c) (Actions, UnsafePointer<CChar>) -> Int32).self)(actions, $0)
        }
    }

    private static func symbol(_ name: String) throws -> UnsafeMutableRawPointer {
        guard let found = dlsym(nil, name) else { throw ChildLaunch.Failure(program: name, code: ENOSYS) }
        return found
    }
}

/// The way of what a child writes. No other child inherits either end.
struct OutputPipe: Sendable {
    private let reading: Int32
    /// The end that the child gets.
    let writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        (reading, writing) = (ends[0], ends[1])
    }

    /// Reads on a thread of its own until the child has closed its end.
    func pass(to output: ProcessOutput) {
        Thread.detachNewThread { [reading] in
            var buffer = [UInt8](repeating: 0, count: 16_384)
            while true {
                let count = read(reading, &buffer, buffer.count)
                if count > 0 {
                    output.append(Data(buffer[..<count]))
                } else if count == 0 || errno != EINTR {
                    break
                }
            }
            close(reading)
            output.close()
        }
    }

    /// Closes both ends, where no child was started.
    func abandon() {
        close(reading)
        close(writing)
    }
}
