import Foundation
import Support
import Testing

extension EndToEnd.OnCluster {
    @Test("Fifty sign-ins of one account race at three instances over both transports: one session lives, 49 were replaced")
    func fiftySignIns() async throws {
        let cluster = try Cluster.current
        let instances = Cluster.Instance.allCases
        let person = try await Person.registered("fifty@example.test", at: cluster)
        // Each has a challenge and a code of its own, so that nothing but the account is between them.
        var factors: [SecondFactor] = []
        for number in 0..<50 { factors.append(try await person.secondFactor(at: instances[number % 3])) }
        // All doors are open before the first one signs in.
        var doors: [any Door] = []
        for number in factors.indices {
            let server = try cluster[instances[number % 3]]
            let door: any Door =
                number.isMultiple(of: 2)
                ? try await SocketDoor.open(server, token: nil) : RESTDoor(server: server, token: nil)
            doors.append(door)
        }
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for (number, (door, factor)) in zip(doors, factors).enumerated() {
                group.addTask {
                    let answer = try await door.persist(.post("session.verify", "/v1/sessions/verify", input: factor))
                    #expect(answer.status == 200, "\(answer.code ?? "")")
                    let token = try #require(answer.json["token"].string)
                    // Shown while it may be alive, and elsewhere, it gets into what the instances have in common.
                    _ = try await cluster.code(of: token, at: instances[number % 3].next)
                    return token
                }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(Set(tokens).count == 50)

        var living: Set<String> = []
        for instance in instances {
            var codes: [String] = []
            for token in tokens {
                let code = try await cluster.code(of: token, at: instance)
                codes.append(code ?? "alive")
                if code == nil { living.insert(token) }
            }
            #expect(codes.filter { $0 == "alive" }.count == 1, "at \(instance)")
            #expect(codes.filter { $0 == "session_replaced" }.count == 49, "at \(instance)")
        }
        #expect(living.count == 1, "it is the same one at all instances")
        for case let socket as SocketDoor in doors { await socket.close() }
        try await cluster.expectClean()
    }
}
