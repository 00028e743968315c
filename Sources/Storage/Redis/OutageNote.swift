import Logging
import Synchronization

/// Tells the log when Redis does not answer, and when it does again: once each.
final class OutageNote: Sendable {
    private let logger: Logger
    private let away: Logger.Message
    private let back: Logger.Message
    private let isAway = Mutex(false)

    /// - Parameters:
    ///   - away: what an outage means for those who use the server.
    ///   - back: the end of it.
    init(_ logger: Logger, away: String, back: String) {
        self.logger = logger
        self.away = "\(away)"
        self.back = "\(back)"
    }

    /// Notes how a question went: nil if there was an answer.
    func note(_ failure: (any Error)?) {
        let isNew = isAway.withLock { isAway in
            defer { isAway = failure != nil }
            return isAway != (failure != nil)
        }
        guard isNew else { return }
        if let failure {
            logger.warning(away, metadata: ["error": "\(failure)"])
        } else {
            logger.info(back)
        }
    }
}
