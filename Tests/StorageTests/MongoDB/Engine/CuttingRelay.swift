import Foundation
import Synchronization

/// Passes connections on to a server, and cuts those whose answer is to be lost.
///
/// It understands nothing of what it passes: it looks for a word among the bytes that clients send. When it comes it is
/// passed on, and the connection ends in the place of the answer.
final class CuttingRelay: Sendable {
    private struct Plan {
        var word: [UInt8]
        var cuts: Int
        var seen = 0
    }

    let port: Int
    private let listener: Int32
    private let target: Int
    private let plan: Mutex<Plan>

    /// - Parameters:
    ///   - word: what to look for.
    ///   - cuts: how often to cut; after that everything passes.
    init(to target: Int, at word: String, cuts: Int) throws {
        self.target = target
        plan = Mutex(Plan(word: Array(word.utf8), cuts: cuts))
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept() }
    }

    /// How often the word came by.
    var seen: Int { plan.withLock { $0.seen } }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    private func accept() {
        while true {
            let client = Foundation.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(port: target)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else {
                Foundation.close(client)
                Foundation.close(server)
                continue
            }
            let link = Link(client: client, server: server)
            Thread.detachNewThread { [self] in
                link.pass(from: client, to: server) { message in
                    if isLost(message) { link.loseAnswer() }
                    return true
                }
            }
            Thread.detachNewThread { link.pass(from: server, to: client) { _ in !link.hasLostAnswer } }
        }
    }

    /// Whether a message of a client holds the word, and its answer is to be lost.
    private func isLost(_ message: [UInt8]) -> Bool {
        plan.withLock { plan in
            guard Data(message).range(of: Data(plan.word)) != nil else { return false }
            plan.seen += 1
            plan.cuts -= 1
            return plan.cuts >= 0
        }
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// A connection on both sides. It closes when neither direction needs it any more.
    private final class Link: Sendable {
        private struct State {
            var users = 2
            var hasLostAnswer = false
        }

        private let state = Mutex(State())
        private let client: Int32
        private let server: Int32

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        var hasLostAnswer: Bool { state.withLock { $0.hasLostAnswer } }

        func loseAnswer() { state.withLock { $0.hasLostAnswer = true } }

        /// Passes on what comes until one side ends, or `mayPass` says no.
        func pass(from source: Int32, to target: Int32, mayPass: ([UInt8]) -> Bool) {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            reading: while true {
                let count = recv(source, &buffer, buffer.count, 0)
                guard count > 0, mayPass(Array(buffer[..<count])) else { break }
                var sent = 0
                while sent < count {
                    let more = buffer.withUnsafeBytes { bytes in
                        send(target, bytes.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
                    }
                    guard more > 0 else { break reading }
                    sent += more
                }
            }
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
            let isLast = state.withLock { state in
                state.users -= 1
                return state.users == 0
            }
            guard isLast else { return }
            Foundation.close(client)
            Foundation.close(server)
        }
    }
}
