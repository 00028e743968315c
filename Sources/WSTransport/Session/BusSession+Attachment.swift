import CommandBus
import Foundation

/// Whose socket it is, and until when.
extension BusSession {
    private struct Attached: Encodable {
        let account: String
        let role: Role
        let expiresAt: Timestamp
    }

    /// - Parameter authorization: the header of the upgrade, if there was one.
    func beginAttaching(with authorization: String?) {
        guard let authorization else {
            link?.set(.attach, in: configuration.attachLimit)
            return
        }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return end(.refused(.notSignedIn)) }
        link?.isHeld = true
        begin(.attach(nil, token: parts[1].trimmingCharacters(in: .whitespaces), trace: nil))
    }

    func attached(_ id: FrameID?, _ new: Attachment) {
        link?.isHeld = false
        do throws(Problem) {
            try accept(new)
            schedule(until: new.principal.expiresAt)
            if let id { send(.output(id, describe(new.principal))) }
        } catch {
            new.watch.cancel()
            if let id { refuse(id, error) }
            if error.code == .tooManyConnections { end(.accountIsFull) }
        }
        if let id { settle(id) }
        if let end = unclaimedEnd { sessionEnded(end) }
        unclaimedEnd = nil
    }

    private func accept(_ new: Attachment) throws(Problem) {
        if case .ending(let ending) = stage { throw ending.refusal }
        let account = new.principal.account
        if let attachment {
            guard attachment.principal.account == account else {
                throw Problem(.notAllowed, "This socket belongs to another account; open one of your own.")
            }
            attachment.watch.cancel()
        } else {
            guard transport.census.enter(account) else { throw .tooManyConnections }
        }
        attachment = new
        link?.set(.attach, in: nil)
    }

    private func describe(_ principal: Principal) -> Data {
        let output = Attached(account: principal.account.raw, role: principal.role, expiresAt: principal.expiresAt)
        // A struct of texts always encodes.
        return (try? WireJSON.encode(output)) ?? Data("{}".utf8)
    }

    func attachRefused(_ id: FrameID?, _ problem: Problem, _ trace: String) {
        link?.isHeld = false
        unclaimedEnd = nil
        guard let id else { return end(.refused(problem)) }
        send(.reply(id, .failure(problem, trace: trace)))
        countRefusal()
        settle(id)
    }

    func sessionEnded(_ end: SessionEnd) {
        if let attachment, end.ends(attachment.principal) {
            self.end(.ended(end))
        } else if link?.isHeld == true {
            unclaimedEnd = end
        }
    }

    func attachRang() {
        if attachment == nil, streams.isEmpty, openings == 0 { end(.anonymous) }
    }

    // MARK: Expiry

    private static let notice: Int64 = 60_000

    private static let longest: Int64 = 86_400_000

    /// A token may outlive everything that a timer can count; one that is far off is looked at again.
    private func schedule(until expiry: Timestamp) {
        let left = expiry.milliseconds - transport.clock.now().milliseconds
        link?.set(.expiry, in: .milliseconds(min(max(0, left), Self.longest)))
        let notice = left - Self.notice
        link?.set(.expiryNotice, in: notice < Self.longest ? .milliseconds(max(0, notice)) : nil)
    }

    func expiryRang() {
        guard let expiry = attachment?.principal.expiresAt else { return }
        let left = expiry.milliseconds - transport.clock.now().milliseconds
        switch left {
        case ...0: end(.expired)
        case ...Self.notice: link?.set(.expiry, in: .milliseconds(left))
        default: schedule(until: expiry)
        }
    }

    /// Tells the client that it is time to refresh its token.
    func noticeExpiry() {
        guard let attachment else { return }
        let left = attachment.principal.expiresAt.milliseconds - transport.clock.now().milliseconds
        if left > 0 { send(.sessionEnds(inMilliseconds: min(left, Self.notice))) }
    }
}
