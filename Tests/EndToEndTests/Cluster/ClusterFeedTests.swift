import Foundation
import Support
import Testing

extension EndToEnd.OnCluster {
    @Test("Screens at one instance show what another sells, and go on at a third where they were")
    func feedsInCommon() async throws {
        let cluster = try Cluster.current
        let bus = try #require(try await cluster.departures(seats: 20).dropLast().last)
        let (a, c) = (try cluster.demo(.a), try cluster.demo(.c))
        let stream = try await SeatsStream.open(a.server, token: try a.rider(21), departure: bus.id)
        let screen = try await a.socket(22)
        try await screen.subscribe(toSeatsOf: bus.id)
        for snapshot in [try await stream.next(), try await screen.nextEvent()] {
            #expect(snapshot.kind == "snapshot")
            #expect(snapshot.data["departures"][0]["seatsLeft"].int == bus.seatsLeft)
        }

        let booked = try await cluster.demo(.b).rest(23).persist(.book(bus.id), key: "feed-1")
        #expect(booked.status == 201)
        let seen = try #require(booked.position)
        try await withDeadline(Self.soon, "the sale on the screens") {
            for change in [try await stream.next(), try await screen.nextEvent()] {
                #expect(change.kind == "change")
                #expect(change.position == seen, "the position that the reply told is that of the change")
                #expect(change.data["seatsLeft"].int == bus.seatsLeft - 1)
            }
        }

        await stream.close()
        await screen.close()
        let missed = try await cluster.demo(.b).rest(24).persist(.book(bus.id), key: "feed-2")
        let socket = try await c.socket(22)
        let filter = #"{"departure":"\#(bus.id)"}"#
        #expect(try await socket.subscribe(to: "seats", filter: filter, since: seen)["mode"].string == "resumed")
        let resumed = try await SeatsStream.open(c.server, token: try c.rider(21), departure: bus.id, since: seen)
        for change in [try await socket.nextEvent(), try await resumed.next()] {
            #expect(change.kind == "change")
            #expect(change.position == missed.position)
            #expect(change.data["seatsLeft"].int == bus.seatsLeft - 2)
        }
        await resumed.close()
        await socket.close()
    }

    @Test("A feed ticket of one instance opens a stream at another, once")
    func ticketElsewhere() async throws {
        let cluster = try Cluster.current
        let issued = try await cluster.demo(.a).rest(25).persist(.post("feeds.ticket", "/v1/feeds/tickets", [:]))
        #expect(issued.status == 201)
        let ticket = try #require(issued.json["ticket"].string)
        let (b, c) = (try cluster[.b].port, try cluster[.c].port)
        let reader = try await HTTPTestClient.connect(port: b)
        let stream = try await reader.stream("/v1/feeds/seats?ticket=\(ticket)")
        #expect(try await stream.next()?.event == "snapshot")
        for port in [b, c] {
            let target = "/v1/feeds/seats?ticket=\(ticket)"
            #expect(try await HTTPTestClient.once(port: port, "GET", target).status == 401)
            // A browser that comes back by itself is told to stop.
            let back = [("Last-Event-ID", "t1.0")]
            #expect(try await HTTPTestClient.once(port: port, "GET", target, headers: back).status == 204)
        }
        reader.close()
    }

    @Test("Maintenance that is set at one instance shuts all, tells their readers, and opens all again")
    func maintenanceEverywhere() async throws {
        let cluster = try Cluster.current
        let staff = RESTDoor(server: try cluster[.a], token: try cluster.demo(.a).token(of: "developer"))
        let reader = try await HTTPTestClient.connect(port: try cluster[.b].port)
        let stream = try await reader.stream("/v1/feeds/maintenance")
        let socket = try await cluster.demo(.c).socket(26)
        try await socket.subscribe(to: "maintenance")
        let feeds = [
            { @Sendable in JSON(Data((try await stream.next()?.data ?? "").utf8))["level"].string },
            { @Sendable in try await socket.nextEvent().data["level"].string },
        ]
        for next in feeds { #expect(try await next() == "open") }
        do {
            for (isOn, level) in [(true, "shut"), (false, "open")] {
                #expect(try await staff.persist(.maintenance(isOn)).status == 200)
                try await withDeadline(3, "\(level) at all instances") {
                    for next in feeds {
                        // A gap, which says nothing of it, may come first.
                        while try await next() != level {}
                    }
                    for instance in [Cluster.Instance.b, .c] {
                        let door = try cluster.demo(instance).rest(26)
                        try await wait(atMost: 3, for: "\(instance) to be \(level)") {
                            let answer = try await door.send(.wallet)
                            return isOn ? answer.code == "maintenance" : answer.status == 200
                        }
                    }
                }
            }
        } catch {
            _ = try? await staff.persist(.maintenance(false))
            throw error
        }
        await socket.close()
        reader.close()
    }
}

extension Ask {
    /// The operator's switch.
    fileprivate static func maintenance(_ isOn: Bool) -> Ask {
        let input = #"{"on":\#(isOn),"reason":"A test of the switch."}"#
        return Ask(
            command: "maintenance.set", input: isOn ? input : #"{"on":false,"reason":"Mended."}"#, method: "PUT",
            path: "/v1/maintenance",
            body: isOn ? input : #"{"on":false,"reason":"Mended."}"#
        )
    }
}
