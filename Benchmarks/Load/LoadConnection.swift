import NIOCore

/// Who sent a call, and when.
struct Sent {
    let call: Call
    let lane: Int
    let at: NIODeadline
}

/// A connection that carries calls. It lives on one event loop.
protocol LoadConnection: AnyObject {
    /// Whom answers go to.
    var receiver: (any AnswerReceiver)? { get set }

    /// Writes a call; ``flush()`` sends it.
    func write(_ sent: Sent)
    func flush()
    func close()
}

/// Takes answers, on the event loop of their connections.
protocol AnswerReceiver: AnyObject {
    func answered(_ sent: Sent, status: Int, body: ByteBuffer)
    func failed(_ error: any Error)
}
