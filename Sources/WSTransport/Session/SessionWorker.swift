import CommandBus
import Foundation

/// What a session has done beside its event loop.
enum SessionJob: Sendable {
    case command(FrameID, CommandCall)
    case attach(FrameID?, token: String, trace: String?)
    case subscribe(FrameID, topic: String, filter: FeedFilter, since: String?, token: String?)
}

/// Does the work of one session: a child task for each job, all of them ended with the connection's own task.
struct SessionWorker: Sendable {
    let bus: CommandBus
    let mailbox: SessionMailbox
    /// The network address of the client.
    let address: String

    func run(_ batches: AsyncStream<[SessionJob]>) async {
        await withDiscardingTaskGroup { group in
            for await batch in batches {
                for job in batch {
                    group.addTask { await perform(job) }
                }
            }
        }
    }

    private func perform(_ job: SessionJob) async {
        switch job {
        case .command(let id, let call):
            let reply = await bus.dispatch(call)
            // The frame is put together here, so that the event loop need not.
            mailbox.post(.reply(id, .reply(id, reply), status: reply.status))
        case .attach(let id, let token, let trace):
            await attach(id, token, trace)
        case .subscribe(let id, let topic, let filter, let since, let token):
            await subscribe(id, topic, filter, since, token)
        }
    }

    private func attach(_ id: FrameID?, _ token: String, _ trace: String?) async {
        do {
            let first = try await bus.authenticate(token: token, from: address)
            let watch = bus.sessions.watch(first) { end in mailbox.post(.ended(end)) }
            do {
                // The session may have ended before the watch was there.
                let principal = try await bus.authenticate(token: token, from: address)
                let attachment = Attachment(token: token, principal: principal, watch: watch)
                if !mailbox.post(.attached(id, attachment)) { watch.cancel() }
            } catch {
                watch.cancel()
                throw error
            }
        } catch {
            let problem = error as? Problem ?? .internalError
            mailbox.post(.attachRefused(id, problem, trace: bus.trace(from: trace)))
        }
    }

    private func subscribe(
        _ id: FrameID, _ topic: String, _ filter: FeedFilter, _ since: String?, _ token: String?
    ) async {
        do {
            // Once more for each, as for a command: the end of the session may not have been told here yet.
            var principal: Principal?
            if let token { principal = try await bus.authenticate(token: token, from: address) }
            let opening = try await bus.feeds.subscribe(
                to: topic, filter: filter, since: since, principal: principal, via: .websocket, sink: mailbox
            )
            if !mailbox.post(.subscribed(id, opening)) { bus.feeds.unsubscribe(opening.subscription) }
        } catch {
            mailbox.post(.notSubscribed(id, error as? Problem ?? .internalError, trace: bus.makeTrace()))
        }
    }
}
