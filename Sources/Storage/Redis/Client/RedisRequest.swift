import NIOCore

/// Commands that are written together, and whoever waits for their replies.
struct RedisRequest: Sendable {
    typealias Outcome = Result<[RedisReply], RedisFailure>

    let bytes: ByteBuffer
    /// How many replies there will be.
    let count: Int
    /// After this nobody waits any more.
    let deadline: NIODeadline
    /// Is called once, from any thread.
    let answer: @Sendable (Outcome) -> Void

    init(_ commands: [[RedisArgument]], deadline: NIODeadline, answer: @escaping @Sendable (Outcome) -> Void) {
        var bytes = ByteBuffer()
        for command in commands { bytes.writeRedisCommand(command) }
        self.bytes = bytes
        count = commands.count
        self.deadline = deadline
        self.answer = answer
    }

    func fail(_ kind: RedisFailure.Kind) {
        answer(.failure(RedisFailure(kind)))
    }
}
