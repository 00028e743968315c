import Foundation
import Support
import Synchronization

/// REST with kept-alive connections, as many as there are requests at once.
final class RESTDoor: Door {
    let token: String?
    private let server: ServerProcess
    private let idle = Mutex<[HTTPTestClient]>([])

    init(server: ServerProcess, token: String?) {
        self.server = server
        self.token = token
    }

    deinit {
        idle.withLock { clients in
            for client in clients { client.close() }
        }
    }

    func send(_ ask: Ask, key: String?) async throws -> Answer {
        let client = try await connection()
        var headers: [(String, String)] = []
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        if let key { headers.append(("Idempotency-Key", key)) }
        if ask.body != nil { headers.append(("Content-Type", "application/json")) }
        let response: HTTPTestResponse
        do {
            response = try await client.request(
                ask.method, ask.path, headers: headers, body: ask.body.map { Data($0.utf8) }
            )
        } catch {
            client.close()
            throw error
        }
        if response["connection"]?.lowercased() == "close" {
            client.close()
        } else {
            idle.withLock { $0.append(client) }
        }
        return Answer(status: response.status, body: response.body, position: response["feed-position"])
    }

    private func connection() async throws -> HTTPTestClient {
        if let client = idle.withLock({ $0.popLast() }) { return client }
        return try await HTTPTestClient.connect(port: server.port, seconds: 30)
    }
}
