import CommandBus
import Foundation

/// The frames of the server, written around bytes that are JSON already.
extension OutgoingMessage {
    static func hello(connection: String, epoch: String, _ configuration: SocketConfiguration) -> OutgoingMessage {
        OutgoingMessage(
            #"{"hello":{"v":1,"conn":"\#(connection)","epoch":"\#(epoch)","#
                + #""heartbeat_ms":\#(configuration.heartbeat.milliseconds),"max_frame":\#(configuration.maxFrame),"#
                + #""max_subscriptions":\#(configuration.maxSubscriptions)}}"#
        )
    }

    /// The answer to a frame; without an id, to one that had none.
    static func reply(_ id: FrameID?, _ reply: CommandReply) -> OutgoingMessage {
        var head = #"{"status":\#(reply.status)"#
        if let id { head = #"{"id":\#(id.json),"status":\#(reply.status)"# }
        var tail = ""
        if let position = reply.position { tail += #","at":"\#(position)""# }
        if let seconds = reply.retryAfter { tail += #","retry_after":\#(seconds)"# }
        if reply.isReplay { tail += #","replayed":true"# }
        tail += "}"
        guard !reply.body.isEmpty else { return OutgoingMessage(head + tail) }
        head += reply.isProblem ? #","problem":"# : #","output":"#
        return OutgoingMessage(head, reply.body, tail)
    }

    static func output(_ id: FrameID, _ output: Data) -> OutgoingMessage {
        OutgoingMessage(#"{"id":\#(id.json),"status":200,"output":"#, output, "}")
    }

    static func event(_ event: FeedEvent, stream: Int) -> OutgoingMessage {
        OutgoingMessage(
            #"{"stream":\#(stream),"event":"\#(event.kind.rawValue)","at":"\#(event.position)","data":"#, event.data, "}"
        )
    }

    static func sessionEnds(inMilliseconds left: Int64) -> OutgoingMessage {
        OutgoingMessage(#"{"session":{"expires_in_ms":\#(left)}}"#)
    }

    static func bye(_ reason: String, retryInMilliseconds retry: Int64) -> OutgoingMessage {
        OutgoingMessage(#"{"bye":{"reason":"\#(reason)","retry_ms":\#(retry)}}"#)
    }
}
