/// What is said on a new connection before it is used, and what has to be answered to it.
struct RedisGreeting: Sendable {
    private struct Step: Sendable {
        let command: [RedisArgument]
        /// The name under which a refusal is reported.
        let name: String
        /// Refusals that do no harm.
        var tolerates: @Sendable (_ code: String) -> Bool = { _ in false }
    }

    private let steps: [Step]

    /// - Parameter channels: are listened to from then on.
    init(to endpoint: RedisEndpoint, channels: [String]) {
        var steps: [Step] = []
        if let password = endpoint.password {
            let user = endpoint.user.map { [RedisArgument.text($0)] } ?? []
            steps.append(Step(command: ["AUTH"] + user + [.text(password)], name: "AUTH"))
        }
        if endpoint.database != 0 {
            steps.append(Step(command: ["SELECT", .integer(endpoint.database)], name: "SELECT"))
        }
        // A name is a help to people only.
        steps.append(Step(command: ["CLIENT", "SETNAME", "farebus"], name: "CLIENT SETNAME", tolerates: { _ in true }))
        // A server that is still loading, or wants a password, says so here; one whose rules forbid it is there, too.
        steps.append(Step(command: ["PING"], name: "PING", tolerates: { $0 == "NOPERM" }))
        // One command each, so that each has one reply, whichever it is.
        steps += channels.map { Step(command: ["SUBSCRIBE", .text($0)], name: "SUBSCRIBE") }
        self.steps = steps
    }

    var commands: [[RedisArgument]] { steps.map(\.command) }

    /// What is wrong with the replies; nil if nothing is.
    func trouble(in replies: [RedisReply]) -> RedisTrouble? {
        guard replies.count == steps.count else { return .gibberish }
        for (step, reply) in zip(steps, replies) {
            guard case .error(let text) = reply else { continue }
            let code = RedisFailure.code(of: text)
            if !step.tolerates(code) { return .refused(step: step.name, code: code) }
        }
        return nil
    }
}
