import Foundation
import Support
import Synchronization
import Testing

extension EndToEnd.OnCluster {
    /// How long what one instance has done may be unknown to another.
    static let soon = 1.0

    @Test("A sign-in at one instance ends the session at another: its commands, its socket and its stream")
    func signInElsewhere() async throws {
        let cluster = try Cluster.current
        let person = try await Person.registered("moves@example.test", at: cluster)
        let bus = try #require(try await cluster.departures(seats: 1).first)

        // First with the code that a new device needs; then, as the device is known, with the password alone.
        for (now, elsewhere) in [(Cluster.Instance.a, Cluster.Instance.b), (.c, .a)] {
            let token = try await person.signIn(at: now)
            let here = RESTDoor(server: try cluster[now], token: token)
            #expect(try await here.persist(.wallet).status == 200)
            let socket = try await SocketDoor.open(try cluster[now], token: token)
            #expect(try await socket.persist(.session).status == 200)
            let stream = try await SeatsStream.open(try cluster[now], token: token, departure: bus.id)
            #expect(try await stream.next().kind == "snapshot")

            let next = try await person.signIn(at: elsewhere)
            let refused = try await here.persist(.wallet)
            #expect(refused.status == 401)
            #expect(refused.code == "session_replaced")
            try await withDeadline(Self.soon, "the ends of what hung on the old session") {
                #expect(try await socket.closeCode() == 4101)
                let bye = try await stream.next()
                #expect(bye.kind == "bye")
                #expect(bye.data["reason"].string == "session_replaced")
                try await stream.expectEnd()
            }
            for instance in Cluster.Instance.allCases {
                #expect(try await RESTDoor(server: try cluster[instance], token: next).persist(.wallet).status == 200)
            }
        }
    }
}

/// Somebody with an account and a device, who signs in wherever it is.
final class Person: Sendable {
    let email: String
    private let cluster: Cluster
    /// What the last sign-in gave the device.
    private let device = Mutex<String?>(nil)
    private static let password = "violet-harbour-tram-27"

    private init(email: String, cluster: Cluster) {
        self.email = email
        self.cluster = cluster
    }

    static func registered(_ email: String, at cluster: Cluster) async throws -> Person {
        _ = try await cluster.nobody(.a).register(email, cluster.mail)
        return Person(email: email, cluster: cluster)
    }

    /// - Returns: the token of the new session.
    func signIn(at instance: Cluster.Instance) async throws -> String {
        let door = try cluster.nobody(instance)
        let opened = try await open(on: device.withLock { $0 }, by: door, remember: true)
        var answer = opened.answer
        if let factor = opened.factor {
            answer = try await door.persist(.post("session.verify", "/v1/sessions/verify", input: factor)).json
        }
        let secret = answer["device"].string
        device.withLock { $0 = secret }
        return try #require(answer["token"].string)
    }

    /// Shows the password on a device that is not known, and reads the letter. It is a sign-in as soon as it is answered.
    ///
    /// - Returns: the answer. The device is not remembered with it.
    func secondFactor(at instance: Cluster.Instance) async throws -> SecondFactor {
        let opened = try await open(on: nil, by: try cluster.nobody(instance), remember: false)
        return try #require(opened.factor, "somebody was signed in by a password alone")
    }

    /// - Returns: what is answered to the password, and what is to be answered to that, unless the device is known.
    private func open(
        on device: String?, by door: RESTDoor, remember: Bool
    ) async throws -> (answer: JSON, factor: SecondFactor?) {
        let read = Set(try cluster.mail.letters().map(\.lastPathComponent))
        var credentials = ["email": email, "password": Self.password]
        credentials["device"] = device
        let opened = try await door.persist(.post("session.open", "/v1/sessions", credentials))
        #expect(opened.status == 200, "\(String(decoding: opened.body, as: UTF8.self))")
        let answer = opened.json
        guard answer["token"].string == nil else { return (answer, nil) }
        let challenge = try #require(answer["challenge"].string)
        let letter = try await cluster.mail.code(to: email, read: read)
        return (answer, SecondFactor(challenge: challenge, code: letter.code, remember: remember))
    }
}
