import CommandBus
import Synchronization

/// Counts the open sockets: all of them, by address and by account.
package final class SocketCensus: Sendable {
    enum Refusal: Sendable {
        case serverIsFull
        case addressIsFull
    }

    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
        var byAccount: [AccountID: Int] = [:]
    }

    private let configuration: SocketConfiguration
    private let state = Mutex(State())

    package init(_ configuration: SocketConfiguration) {
        self.configuration = configuration
    }

    /// How many sockets are open.
    package var count: Int { state.withLock { $0.total } }

    /// Counts a new socket. It is counted even where it is refused, until it has gone.
    func enter(_ address: String) -> Refusal? {
        state.withLock { state in
            state.total += 1
            state.byAddress[address, default: 0] += 1
            if state.total > configuration.maxConnections { return .serverIsFull }
            return state.byAddress[address, default: 0] > configuration.maxConnectionsPerAddress ? .addressIsFull : nil
        }
    }

    func leave(_ address: String) {
        state.withLock { state in
            state.total -= 1
            Self.lower(&state.byAddress, address)
        }
    }

    /// - Returns: false, without counting, if the account has all the sockets that it may have.
    func enter(_ account: AccountID) -> Bool {
        state.withLock { state in
            guard state.byAccount[account, default: 0] < configuration.maxConnectionsPerAccount else { return false }
            state.byAccount[account, default: 0] += 1
            return true
        }
    }

    func leave(_ account: AccountID) {
        state.withLock { Self.lower(&$0.byAccount, account) }
    }

    private static func lower<Key>(_ counts: inout [Key: Int], _ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
